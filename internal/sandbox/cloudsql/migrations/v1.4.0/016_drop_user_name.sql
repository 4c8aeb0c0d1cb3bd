-- Names have moved to the profile service. Versions before this one still read them.
ALTER TABLE users DROP COLUMN name;

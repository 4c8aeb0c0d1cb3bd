-- For the list of new users. Nobody can write to users while the index is being made.
CREATE INDEX users_created_at_idx ON users (created_at);

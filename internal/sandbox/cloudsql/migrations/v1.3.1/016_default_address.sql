-- Users who never signed in are to lose the address that was made up for them.
ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
UPDATE users SET email = NULL WHERE email LIKE 'user1%@example.com';

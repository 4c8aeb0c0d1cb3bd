-- What the guide's application has stored by the time the practice begins.
CREATE TABLE users (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email      text NOT NULL UNIQUE,
  name       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE resources (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX resources_user_id_idx ON resources (user_id);

INSERT INTO users (email, name, created_at)
SELECT 'user' || n || '@example.com', 'User ' || n, now() - make_interval(days => 200 - n)
FROM generate_series(1, 200) AS n;

INSERT INTO resources (user_id, name, created_at)
SELECT 1 + n % 200, 'resource-' || n, now() - make_interval(hours => 500 - n)
FROM generate_series(1, 500) AS n;

CREATE TABLE schema_migrations (
  version    bigint PRIMARY KEY,
  name       text NOT NULL,
  sha256     text,
  applied_at timestamptz NOT NULL DEFAULT now(),
  release    text,
  took_ms    bigint,
  changes    text[],
  state      text NOT NULL DEFAULT 'applied'
);

-- Others wrote these down, who kept neither sums nor releases.
INSERT INTO schema_migrations (version, name, applied_at)
SELECT version, name, now() - make_interval(days => 7 * (14 - version::int))
FROM (VALUES
  (1,  '001_create_users.sql'),
  (2,  '002_create_resources.sql'),
  (3,  '003_users_email_unique.sql'),
  (4,  '004_users_created_at.sql'),
  (5,  '005_resources_created_at.sql'),
  (6,  '006_create_sessions.sql'),
  (7,  '007_sessions_expire.sql'),
  (8,  '008_drop_sessions.sql'),
  (9,  '009_resources_user_id.sql'),
  (10, '010_index_resources_user_id.sql'),
  (11, '011_resources_on_delete_cascade.sql'),
  (12, '012_users_name_not_null.sql'),
  (13, '013_analyze.sql')
) AS applied (version, name);

ANALYZE;

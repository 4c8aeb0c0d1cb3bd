-- What a user has chosen, kept apart from users: a new table hinders nobody.
CREATE TABLE user_preferences (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id    bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  theme      text NOT NULL DEFAULT 'light',
  language   text NOT NULL DEFAULT 'en',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX user_preferences_user_id_idx ON user_preferences (user_id);

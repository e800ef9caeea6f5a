-- Calendars by a secret address, for programs that can send no token: each a device of its member with a session of its own,
-- which may only read. Of the secret only the hash is kept. Removing the member ends the sessions, and so the calendars.
CREATE TABLE feeds (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
  name text NOT NULL,
  project_id uuid,
  mine boolean NOT NULL,
  -- As JSON, see the filters of lists.
  filter text,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, secret_hash),
  FOREIGN KEY (org_id, id) REFERENCES sessions
);
ALTER TABLE feeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE feeds FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON feeds USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE, DELETE ON feeds TO tern_app;

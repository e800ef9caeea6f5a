-- Personal access tokens: each a device of its member, with a session of its own, for programs. Of a token only the hash
-- is kept. Removing the member ends the sessions, and so the tokens.
CREATE TABLE api_tokens (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  token_hash bytea NOT NULL,
  name text NOT NULL,
  access text NOT NULL CHECK (access IN ('read', 'write')),
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, token_hash),
  FOREIGN KEY (org_id, id) REFERENCES sessions
);
ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON api_tokens USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE, DELETE ON api_tokens TO tern_app;

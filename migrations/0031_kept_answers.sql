-- What requests of rows were answered with that named a key (Idempotency-Key), so that a repeat changes nothing and gets
-- the same answer. Written in the transaction of the change. Each actor has keys of its own; after a day housekeeping
-- removes them.
CREATE TABLE kept_answers (
  org_id uuid NOT NULL,
  actor bigint NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  -- SHA-256 of the request: under one key there is one request.
  fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
  status smallint NOT NULL,
  etag text,
  location text,
  -- As it was sent; empty where there was none.
  body text NOT NULL,
  answered_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, actor, key),
  FOREIGN KEY (org_id, actor) REFERENCES actors
);
CREATE INDEX ON kept_answers (org_id, answered_at);
ALTER TABLE kept_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE kept_answers FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON kept_answers USING (org_id = tern_org());
GRANT SELECT, INSERT, DELETE ON kept_answers TO tern_app;

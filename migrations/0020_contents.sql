-- The contents of attachments, as far as they have come: the bytes are in the content store, in a folder of their own for
-- each attempt. A row that is purged takes its content with it; what is left in the store, housekeeping removes.
CREATE TABLE contents (
  org_id uuid NOT NULL,
  -- What the content is of; a column, so that the row can be referred to.
  kind text NOT NULL DEFAULT 'attachment' CHECK (kind = 'attachment'),
  attachment_id uuid NOT NULL,
  folder uuid NOT NULL,
  -- How it was cut when it was begun: a later release may cut otherwise.
  chunk_size bigint NOT NULL CHECK (chunk_size > 0),
  -- When a device last began or resumed it.
  begun_at timestamptz NOT NULL,
  -- When it was found to be whole. NULL: it is on its way.
  stored_at timestamptz,
  PRIMARY KEY (org_id, attachment_id),
  UNIQUE (org_id, folder),
  FOREIGN KEY (org_id) REFERENCES organizations,
  FOREIGN KEY (org_id, kind, attachment_id) REFERENCES entities ON DELETE CASCADE
);
CREATE INDEX unfinished ON contents (org_id, begun_at) WHERE stored_at IS NULL;
ALTER TABLE contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE contents FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON contents USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE, DELETE ON contents TO tern_app;

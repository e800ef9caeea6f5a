-- The lives that an organization's data has had before the present one (organizations.epoch). A new one begins when the
-- data was restored from a backup: what was changed after the backup is lost, and its versions are given once more, to
-- other changes.
CREATE TABLE ended_epochs (
  org_id uuid NOT NULL REFERENCES organizations,
  epoch uuid NOT NULL,
  -- The last version of it that the present life's order begins with. Those after it are of another order.
  ver bigint NOT NULL CHECK (ver >= 0),
  ended_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, epoch)
);
ALTER TABLE ended_epochs ENABLE ROW LEVEL SECURITY;
ALTER TABLE ended_epochs FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON ended_epochs USING (org_id = tern_org());
GRANT SELECT, INSERT ON ended_epochs TO tern_app;

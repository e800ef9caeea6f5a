-- Webhooks: programs elsewhere that are told of what changes, and what they are told.
CREATE TABLE webhooks (
  org_id uuid NOT NULL REFERENCES organizations,
  id uuid NOT NULL,
  -- Who has made it, or switched it on last. It is told what this admin may see.
  owner uuid NOT NULL REFERENCES users,
  url text NOT NULL,
  -- Names of events, and ids of projects; all, where there is none.
  events text[] NOT NULL,
  projects uuid[] NOT NULL,
  active boolean NOT NULL,
  -- Why the server has switched it off.
  note text,
  secret bytea NOT NULL CHECK (length(secret) = 32),
  -- The one before, and until when it signs as well.
  former_secret bytea CHECK (length(former_secret) = 32),
  former_until timestamptz,
  -- Its place in the history: what came up to this version is among its deliveries, as far as it is told of it.
  place bigint NOT NULL CHECK (place >= 0),
  failing_since timestamptz,
  -- The server that sends at the moment. One that has died has claimed it until then.
  claimed_by uuid,
  claimed_until timestamptz,
  -- When a delivery is to be sent, if any waits.
  next_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CHECK ((former_secret IS NULL) = (former_until IS NULL)),
  CHECK ((claimed_by IS NULL) = (claimed_until IS NULL))
);
ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON webhooks USING (org_id = tern_org());
-- The server itself looks which ones have something to send, and then enters their organizations.
CREATE POLICY housekeeping ON webhooks FOR SELECT USING (current_setting('tern.housekeeping', true) = 'on');
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO tern_app;

CREATE TABLE webhook_deliveries (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  -- Deliveries of one lane are sent in the order of their positions: versions of the organization.
  lane uuid NOT NULL,
  position bigint NOT NULL,
  event text NOT NULL,
  body text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
  -- Since it was last to be sent anew.
  failures integer NOT NULL DEFAULT 0,
  queued_at timestamptz NOT NULL,
  -- NULL once it is settled.
  next_at timestamptz,
  settled_at timestamptz,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, webhook_id) REFERENCES webhooks ON DELETE CASCADE,
  CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
  CHECK ((state = 'waiting') = (settled_at IS NULL))
);
CREATE INDEX waiting ON webhook_deliveries (org_id, webhook_id, lane, position) WHERE state = 'waiting';
CREATE INDEX log ON webhook_deliveries (org_id, webhook_id, id);
CREATE INDEX settled ON webhook_deliveries (org_id, settled_at) WHERE state <> 'waiting';
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON webhook_deliveries USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO tern_app;

CREATE TABLE webhook_attempts (
  org_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  n integer NOT NULL CHECK (n > 0),
  at timestamptz NOT NULL,
  -- Milliseconds.
  took integer NOT NULL,
  status smallint,
  error text,
  response text NOT NULL,
  PRIMARY KEY (org_id, delivery_id, n),
  FOREIGN KEY (org_id, delivery_id) REFERENCES webhook_deliveries ON DELETE CASCADE,
  CHECK ((status IS NULL) = (error IS NOT NULL))
);
ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON webhook_attempts USING (org_id = tern_org());
GRANT SELECT, INSERT ON webhook_attempts TO tern_app;

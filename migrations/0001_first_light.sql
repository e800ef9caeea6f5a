-- Organizations, who belongs to them, and their data.
--
-- Isolation: a table with rows of organizations has row-level security, enabled and forced, from the migration that
-- creates it, and a policy on tern_org(). The server's connections run as tern_app, which owns nothing and bypasses
-- nothing; a transaction says with set_config('tern.org', …, true) whose data it works on, and sees no other. Keys and
-- foreign keys begin with the organization, so that no row can refer to another organization's.

DO $$
BEGIN
  CREATE ROLE tern_app NOLOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION
  -- The role belongs to the whole cluster: another database of it may have it already.
  WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
GRANT tern_app TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO tern_app;

-- The organization a transaction works on; NULL outside of one. (A setting that was local to an earlier transaction
-- of the same connection reads as ''.)
CREATE FUNCTION tern_org() RETURNS uuid LANGUAGE sql STABLE AS
  $$ SELECT NULLIF(current_setting('tern.org', true), '')::uuid $$;
-- The person a transaction looks for, before their organization is known: while signing in.
CREATE FUNCTION tern_user() RETURNS uuid LANGUAGE sql STABLE AS
  $$ SELECT NULLIF(current_setting('tern.user', true), '')::uuid $$;

-- Keys that sign tokens, made at the first start. Only the owner of the database reads them.
CREATE TABLE server_secret (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  access_key bytea NOT NULL CHECK (length(access_key) = 32),
  refresh_key bytea NOT NULL CHECK (length(refresh_key) = 32)
);

CREATE TABLE organizations (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  -- Another life of the data, after a restore from a backup, has another epoch.
  epoch uuid NOT NULL,
  -- The version of the last accepted mutation. Only who holds this row's lock gives the next one: so the order of
  -- versions is the order of commits, which no sequence would guarantee.
  ver bigint NOT NULL DEFAULT 0 CHECK (ver >= 0),
  -- Rows deleted at or before this version may be gone for good: a device that has not seen it starts anew.
  floor bigint NOT NULL DEFAULT 0 CHECK (floor >= 0),
  next_actor bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL
);
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON organizations USING (id = tern_org());
-- The server's own housekeeping looks which ones there are, and then enters them one by one.
CREATE POLICY housekeeping ON organizations FOR SELECT USING (current_setting('tern.housekeeping', true) = 'on');
GRANT SELECT, INSERT, UPDATE ON organizations TO tern_app;

-- A person, in all their organizations.
CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL,
  -- The address in lower case: addresses that differ in case only are one person's.
  email_key text NOT NULL UNIQUE,
  name text NOT NULL,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON users TO tern_app;

-- A browser profile or an installed app of a person.
CREATE TABLE devices (
  user_id uuid NOT NULL REFERENCES users,
  id uuid NOT NULL,
  name text NOT NULL,
  last_sign_in timestamptz NOT NULL,
  PRIMARY KEY (user_id, id)
);
GRANT SELECT, INSERT, UPDATE ON devices TO tern_app;

CREATE TABLE memberships (
  org_id uuid NOT NULL REFERENCES organizations,
  user_id uuid NOT NULL REFERENCES users,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'guest')),
  joined_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, user_id)
);
CREATE INDEX ON memberships (user_id, joined_at);
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON memberships USING (org_id = tern_org());
-- Whoever has proved who they are may see where they belong.
CREATE POLICY mine ON memberships FOR SELECT USING (user_id = tern_user());
GRANT SELECT, INSERT, UPDATE, DELETE ON memberships TO tern_app;

-- A device of a member, as the organization numbers it, and how far its mutations have been handled. The server's own
-- writes are those of an actor without a person.
CREATE TABLE actors (
  org_id uuid NOT NULL REFERENCES organizations,
  actor bigint NOT NULL CHECK (actor BETWEEN 1 AND 4294967295),
  user_id uuid,
  device_id uuid,
  last_n bigint NOT NULL DEFAULT 0 CHECK (last_n >= 0),
  last_hash bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, actor),
  UNIQUE (org_id, user_id, device_id),
  FOREIGN KEY (user_id, device_id) REFERENCES devices,
  CHECK ((user_id IS NULL) = (device_id IS NULL))
);
ALTER TABLE actors ENABLE ROW LEVEL SECURITY;
ALTER TABLE actors FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON actors USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE ON actors TO tern_app;

-- A family of refresh tokens: one sign-in on one device. The tokens themselves are signed, not stored.
CREATE TABLE sessions (
  org_id uuid NOT NULL,
  family uuid NOT NULL,
  actor bigint NOT NULL,
  generation bigint NOT NULL DEFAULT 0,
  rotated_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (org_id, family),
  FOREIGN KEY (org_id, actor) REFERENCES actors
);
CREATE INDEX ON sessions (org_id, actor);
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON sessions USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO tern_app;

-- Lets one person join. Of the token only its hash is kept.
CREATE TABLE invitations (
  org_id uuid NOT NULL REFERENCES organizations,
  token_hash bytea NOT NULL,
  invited_by uuid NOT NULL REFERENCES users,
  expires_at timestamptz NOT NULL,
  used_by uuid REFERENCES users,
  used_at timestamptz,
  PRIMARY KEY (org_id, token_hash),
  CHECK ((used_by IS NULL) = (used_at IS NULL))
);
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON invitations USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE ON invitations TO tern_app;

-- Who may see what: every row is in one scope (shared::scope). A scope without a row here is open as far as its kind
-- says, and empty.
CREATE TABLE scopes (
  org_id uuid NOT NULL REFERENCES organizations,
  -- everyone, project:<id> or person:<id>
  scope text NOT NULL,
  -- Of a project (shared::scope::Access).
  access jsonb NOT NULL,
  -- Over the rows of the scope: the bits of an unsigned sum, see shared::hash::Checksum.
  checksum bigint NOT NULL,
  PRIMARY KEY (org_id, scope)
);
ALTER TABLE scopes ENABLE ROW LEVEL SECURITY;
ALTER TABLE scopes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON scopes USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE ON scopes TO tern_app;

-- Everything that is synced: projects, tasks, comments… `state` is the row with everything that merging needs
-- (shared::row::Row), and decides; the other columns are drawn from it, for queries.
CREATE TABLE entities (
  org_id uuid NOT NULL REFERENCES organizations,
  kind text NOT NULL,
  id uuid NOT NULL,
  ver bigint NOT NULL CHECK (ver > 0),
  scope text NOT NULL,
  -- The version with which it last changed or came into its scope: pulls go by it. What is said about a task moves with
  -- the task, so several rows may have one.
  pos bigint NOT NULL CHECK (pos >= ver),
  -- When a device that lacks it gets it (shared::scope::Stage), by its place among the stages.
  stage smallint NOT NULL,
  assignees uuid[] NOT NULL,
  -- The task it is a part of, or is about.
  task_id uuid,
  deleted boolean NOT NULL,
  updated_at timestamptz NOT NULL,
  state jsonb NOT NULL,
  PRIMARY KEY (org_id, kind, id),
  FOREIGN KEY (org_id, scope) REFERENCES scopes
);
CREATE INDEX changes ON entities (org_id, pos);
CREATE INDEX stages ON entities (org_id, stage, pos);
CREATE INDEX ON entities (org_id, task_id) WHERE task_id IS NOT NULL;
CREATE INDEX tombstones ON entities (org_id, ver) WHERE deleted;
ALTER TABLE entities ENABLE ROW LEVEL SECURITY;
ALTER TABLE entities FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON entities USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE, DELETE ON entities TO tern_app;

-- Rows that have left a scope, so that devices let go of them that do not follow where they went.
CREATE TABLE departures (
  org_id uuid NOT NULL REFERENCES organizations,
  ver bigint NOT NULL CHECK (ver > 0),
  kind text NOT NULL,
  id uuid NOT NULL,
  scope text NOT NULL,
  PRIMARY KEY (org_id, ver, kind, id),
  FOREIGN KEY (org_id, scope) REFERENCES scopes
);
ALTER TABLE departures ENABLE ROW LEVEL SECURITY;
ALTER TABLE departures FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON departures USING (org_id = tern_org());
GRANT SELECT, INSERT, DELETE ON departures TO tern_app;

-- The prefixes of task keys (HAR in HAR-231), and the last number that each has given. Never given twice, not even
-- after the project is gone.
CREATE TABLE prefixes (
  org_id uuid NOT NULL REFERENCES organizations,
  prefix text NOT NULL,
  project_id uuid NOT NULL,
  last_number bigint NOT NULL DEFAULT 0 CHECK (last_number >= 0),
  PRIMARY KEY (org_id, prefix),
  UNIQUE (org_id, project_id)
);
ALTER TABLE prefixes ENABLE ROW LEVEL SECURITY;
ALTER TABLE prefixes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON prefixes USING (org_id = tern_org());
GRANT SELECT, INSERT, UPDATE ON prefixes TO tern_app;

-- The edits of each text as they were applied, in the server's order.
CREATE TABLE text_changes (
  org_id uuid NOT NULL REFERENCES organizations,
  entity_id uuid NOT NULL,
  kind text NOT NULL,
  field text NOT NULL,
  ver bigint NOT NULL,
  actor bigint NOT NULL,
  ctr bigint NOT NULL,
  delta jsonb NOT NULL,
  PRIMARY KEY (org_id, entity_id, kind, field, ver),
  FOREIGN KEY (org_id, actor) REFERENCES actors
);
ALTER TABLE text_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE text_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON text_changes USING (org_id = tern_org());
GRANT SELECT, INSERT, DELETE ON text_changes TO tern_app;

-- Every mutation that was handled: the history of the rows, the log that a replay starts from, and what a repeated
-- mutation is answered with.
CREATE TABLE mutations (
  org_id uuid NOT NULL REFERENCES organizations,
  actor bigint NOT NULL,
  n bigint NOT NULL CHECK (n > 0),
  id uuid NOT NULL,
  entity_id uuid NOT NULL,
  kind text NOT NULL,
  -- json, not jsonb: what was refused is kept as it came, and jsonb cannot hold every string that JSON can.
  op json NOT NULL,
  ctx bigint NOT NULL,
  -- Milliseconds since 1970, clamped.
  at bigint NOT NULL,
  -- NULL when it was refused.
  ver bigint,
  result jsonb NOT NULL,
  -- What would take it back (shared::merge::Inverse); NULL where nothing would.
  inverse json,
  handled_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, actor, n),
  UNIQUE (org_id, ver),
  FOREIGN KEY (org_id, actor) REFERENCES actors
);
CREATE INDEX ON mutations (org_id, entity_id, ver);
CREATE INDEX refused ON mutations (org_id, actor, n) WHERE ver IS NULL;
ALTER TABLE mutations ENABLE ROW LEVEL SECURITY;
ALTER TABLE mutations FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON mutations USING (org_id = tern_org());
GRANT SELECT, INSERT ON mutations TO tern_app;

-- Earlier clients hold a time where a device holds a version. So that a time says exactly which versions there were, the
-- moments at which an organization's mutations were handled grow with their versions, whatever the clocks of its servers do:
-- those of one push are a millisecond or more after all before, and microseconds apart.

-- Of the last accepted mutation.
ALTER TABLE organizations ADD COLUMN moment timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z';
CREATE INDEX moments ON mutations (org_id, handled_at, ver) WHERE ver IS NOT NULL;

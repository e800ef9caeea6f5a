-- Actors whose history begins with another's: a copied profile or a restored disk that has gone its own way goes on as
-- an actor of its own (shared::resume). What the other one did up to branched_at is part of its history.
ALTER TABLE actors
  ADD COLUMN succeeds bigint,
  ADD COLUMN branched_at bigint CHECK (branched_at >= 0),
  ADD CHECK ((succeeds IS NULL) = (branched_at IS NULL)),
  -- An ancestor is older: the line ends.
  ADD CHECK (succeeds < actor),
  ADD FOREIGN KEY (org_id, succeeds) REFERENCES actors;

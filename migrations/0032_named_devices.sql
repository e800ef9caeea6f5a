-- A name that its owner has given a device stays; what the device calls itself when it signs in does not replace it.
ALTER TABLE devices ADD COLUMN renamed boolean NOT NULL DEFAULT false;

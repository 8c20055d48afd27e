-- What a check is doing now, a word; empty before it begins.
ALTER TABLE jobs ADD COLUMN progress TEXT NOT NULL DEFAULT '';

-- Files that are kept beside packages, as blobs: benchmark data sets (named folder/file), maps between islands.
CREATE TABLE files (
    kind       TEXT NOT NULL CHECK (kind IN ('dataset', 'map')),
    name       TEXT NOT NULL,
    digest     TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;
CREATE INDEX files_digest ON files (digest);

-- What a version of a learnware answers on its own reduced set, and what it loses on those of others, JSON.
CREATE TABLE capabilities (
    learnware_id INTEGER NOT NULL REFERENCES learnwares (id),
    version      INTEGER NOT NULL,
    measured     TEXT NOT NULL,
    PRIMARY KEY (learnware_id, version)
) STRICT;

-- Attempts to make the market better. What the active one learned is used by searches.
CREATE TABLE evolutions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The market that it was made of.
    revision   INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('active', 'refused', 'retired')),
    -- Name of its map among the files; NULL when it has none.
    map        TEXT,
    -- What was learned and measured, JSON.
    report     TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX evolutions_active ON evolutions (state) WHERE state = 'active';

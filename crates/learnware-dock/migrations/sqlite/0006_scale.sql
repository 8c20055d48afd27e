-- Who came to a door behind which guessing would pay, and from when on the next pass is free: microseconds since 1970.
-- Forgotten by sweeps.
CREATE TABLE doors (
    visitor TEXT NOT NULL PRIMARY KEY,
    free_at INTEGER NOT NULL
) STRICT;

-- What became of models that are code when they were to be written as data.
CREATE TABLE conversions (
    learnware_id INTEGER NOT NULL REFERENCES learnwares (id),
    version      INTEGER NOT NULL,
    -- The package with the model as data; NULL where it stays code.
    digest       TEXT,
    size_bytes   INTEGER NOT NULL,
    -- How it was compared, or why it stays code, JSON.
    report       TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    PRIMARY KEY (learnware_id, version)
) STRICT;
CREATE INDEX conversions_digest ON conversions (digest);

-- The same tables as in PostgreSQL, which alone fills them: there they are the first stage of searches of large islands.
CREATE TABLE outlines (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    island     TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('building', 'active', 'retired')),
    revision   INTEGER NOT NULL,
    members    INTEGER NOT NULL,
    error_max  REAL NOT NULL,
    content    BLOB NOT NULL,
    created_at TEXT NOT NULL,
    retired_at TEXT
) STRICT;
CREATE UNIQUE INDEX outlines_active ON outlines (island) WHERE state = 'active';

CREATE TABLE heads (
    outline_id   INTEGER NOT NULL REFERENCES outlines (id) ON DELETE CASCADE,
    learnware_id INTEGER NOT NULL,
    languages    TEXT NOT NULL,
    error        REAL NOT NULL,
    head         BLOB NOT NULL,
    PRIMARY KEY (outline_id, learnware_id)
) STRICT;

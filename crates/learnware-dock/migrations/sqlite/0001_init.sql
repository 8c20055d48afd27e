-- The folder dock. 1280787531 is "LWDK": it tells our databases from others.
PRAGMA application_id = 1280787531;

-- Facts about the dock itself.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;

-- Counts the changes of the market; every writing transaction that changes it takes the next number,
-- so numbers appear in the order of commits.
CREATE TABLE revision (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    value    INTEGER NOT NULL
) STRICT;
INSERT INTO revision (only_row, value) VALUES (1, 0);

-- AUTOINCREMENT: a number is never given out twice, even when its row is gone.
CREATE TABLE learnwares (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL,
    latest_version INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    created_at     TEXT NOT NULL,
    deleted_at     TEXT
) STRICT;
CREATE INDEX learnwares_revision ON learnwares (revision);

CREATE TABLE versions (
    learnware_id INTEGER NOT NULL REFERENCES learnwares (id),
    version      INTEGER NOT NULL CHECK (version >= 1),
    digest       TEXT NOT NULL,
    size_bytes   INTEGER NOT NULL,
    status       TEXT NOT NULL
                 CHECK (status IN ('waiting', 'checking', 'usable', 'non_usable', 'invalid')),
    semantic     TEXT NOT NULL,
    statistical  TEXT NOT NULL,
    format       TEXT NOT NULL,
    report       TEXT,
    submitted_at TEXT NOT NULL,
    checked_at   TEXT,
    PRIMARY KEY (learnware_id, version)
) STRICT;
CREATE INDEX versions_digest ON versions (digest);

-- Which living learnware a package belongs to: the same zip can't be submitted under two ids.
CREATE TABLE package_owners (
    digest       TEXT PRIMARY KEY NOT NULL,
    learnware_id INTEGER NOT NULL REFERENCES learnwares (id)
) STRICT;
CREATE INDEX package_owners_learnware ON package_owners (learnware_id);

-- Background work. `attempts` grows with every claim and is the fence: what an earlier claim reports is
-- refused. `subject` is what the job is about; at most one unfinished job has it.
CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    payload      TEXT NOT NULL,
    state        TEXT NOT NULL
                 CHECK (state IN ('open', 'leased', 'done', 'dead', 'cancelled')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    available_at TEXT NOT NULL,
    lease_until  TEXT,
    last_error   TEXT,
    created_at   TEXT NOT NULL,
    finished_at  TEXT
) STRICT;
CREATE UNIQUE INDEX jobs_unfinished ON jobs (subject) WHERE state IN ('open', 'leased', 'dead');
CREATE INDEX jobs_claim ON jobs (state, available_at);

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

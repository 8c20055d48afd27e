-- Who came to a door behind which guessing would pay, and from when on the next pass is free: microseconds since 1970.
-- Forgotten by sweeps.
CREATE TABLE doors (
    visitor TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    free_at BIGINT NOT NULL
);

-- What became of models that are code when they were to be written as data.
CREATE TABLE conversions (
    learnware_id BIGINT NOT NULL REFERENCES learnwares (id),
    version      BIGINT NOT NULL,
    -- The package with the model as data; NULL where it stays code.
    digest       TEXT COLLATE "C",
    size_bytes   BIGINT NOT NULL,
    -- How it was compared, or why it stays code, JSON.
    report       TEXT NOT NULL,
    created_at   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (learnware_id, version)
);
CREATE INDEX conversions_digest ON conversions (digest);

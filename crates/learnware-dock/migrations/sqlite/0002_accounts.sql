-- Who uses a dock that is served. A folder that only its owner uses has no accounts.
-- AUTOINCREMENT: a number is never given out twice.
CREATE TABLE accounts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    email        TEXT NOT NULL,
    -- Lower case, for comparing.
    email_key    TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL UNIQUE,
    -- Argon2id in the PHC form; NULL when there is no login by password.
    password     TEXT,
    role         TEXT NOT NULL CHECK (role IN ('user', 'admin')),
    created_at   TEXT NOT NULL,
    confirmed_at TEXT,
    disabled_at  TEXT
) STRICT;

-- What somebody shows to be let in. Only the digest of each is kept. Of the kinds, sessions and tokens may be shown
-- again and again; the others are gone when they have been used.
CREATE TABLE secrets (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL CHECK (kind IN ('session', 'token', 'confirm', 'reset', 'invitation', 'challenge')),
    digest     TEXT NOT NULL UNIQUE,
    account_id INTEGER REFERENCES accounts (id),
    name       TEXT NOT NULL DEFAULT '',
    scopes     TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at    TEXT
) STRICT;
CREATE INDEX secrets_account ON secrets (account_id, kind);
CREATE INDEX secrets_expires ON secrets (expires_at);

-- NULL: the operator's own.
ALTER TABLE learnwares ADD COLUMN owner_id INTEGER REFERENCES accounts (id);
-- Why an administrator took it down; NULL when nobody did.
ALTER TABLE learnwares ADD COLUMN taken_down TEXT;
ALTER TABLE learnwares ADD COLUMN downloads INTEGER NOT NULL DEFAULT 0;
CREATE INDEX learnwares_owner ON learnwares (owner_id) WHERE owner_id IS NOT NULL;

-- What people did that others may ask about. Never changed, never holds secrets.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         TEXT NOT NULL,
    -- NULL: the operator at the machine, or nobody who is known.
    account_id INTEGER,
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    detail     TEXT NOT NULL
) STRICT;

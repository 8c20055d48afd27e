-- What a check is doing now, a word; empty before it begins.
ALTER TABLE jobs ADD COLUMN progress TEXT NOT NULL DEFAULT '';

-- People who share learnwares that others don't see.
CREATE TABLE organisations (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    -- Lower case, for comparing.
    name_key   TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE members (
    organisation_id INTEGER NOT NULL REFERENCES organisations (id),
    account_id      INTEGER NOT NULL REFERENCES accounts (id),
    role            TEXT NOT NULL CHECK (role IN ('member', 'manager')),
    since           TEXT NOT NULL,
    PRIMARY KEY (organisation_id, account_id)
) STRICT;
CREATE INDEX members_account ON members (account_id);

-- Who finds it, once it is usable: everybody, its owner alone, or its owner and an organisation.
ALTER TABLE learnwares ADD COLUMN visibility TEXT NOT NULL DEFAULT 'public'
    CHECK (visibility IN ('public', 'owner', 'organisation'));
ALTER TABLE learnwares ADD COLUMN organisation_id INTEGER REFERENCES organisations (id);

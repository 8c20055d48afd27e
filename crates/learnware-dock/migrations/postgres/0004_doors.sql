-- Who comes in by another service's login (OpenID Connect): its issuer and the name it gives to the person.
CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    created_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_account ON identities (account_id);

-- What servers counted on a day (UTC): requests, searches. They add to it every minute.
CREATE TABLE daily (
    day   TEXT COLLATE "C" NOT NULL,
    what  TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, what)
);

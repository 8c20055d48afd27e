-- Written by a dock with the schema 0006: see folder.rs.
PRAGMA application_id = 1280787531;
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'init','2026-11-25 02:09:31',1,X'127A9713E39C22549B3FCF8AD4298904344B9106137D7DBA900BDF654FB4670EE4ACBACD790D78B6B9CF775493C95B94',3822849);
INSERT INTO "_sqlx_migrations" VALUES(2,'accounts','2026-11-27 06:00:00',1,X'2112BC751CB0214C72ABC3BBDA5A2BEA3700684706D8D00488D1BE9516F476D602314C134197DC2D5182E8417AE26386',1000000);
INSERT INTO "_sqlx_migrations" VALUES(3,'service','2026-11-27 09:19:11',1,X'0E9C50E16DC9ADC00738E2B3912C3E09E6F212298A8AEEBA9D803DF8C2175FEC48EF82AA08E65559E12D0C40492EBA85',7181732);
INSERT INTO "_sqlx_migrations" VALUES(4,'doors','2026-11-27 15:27:56',1,X'E75DDADD23C28DCA3964560C82D29C77E9D07DD47C9930EC5923850A7CE6E18AD34ADCE17B32791CEB352C125DB0D4B7',3814422);
INSERT INTO "_sqlx_migrations" VALUES(5,'evolution','2026-11-27 17:40:00',1,X'A87C8BE0101DE74CE8B17F482504D988CB0DBEEB46CEC7A9E6AC3DB7F7331E4CC00947FC256B4C815AC5E19CCDD8603D',3000000);
INSERT INTO "_sqlx_migrations" VALUES(6,'scale','2026-11-27 21:20:00',1,X'93E80BAA7CDD027BF64D913BC07B05767DE9D7BA10D9C6A4E75AD84AA77715BF1F4839FE47CE5A038E2ED8168DF89B83',3000000);
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
INSERT INTO "accounts" VALUES(1,'Ann@example.org','ann@example.org','Ann','ann',NULL,'admin','2026-11-27T06:00:00.000000Z','2026-11-27T06:00:00.000000Z',NULL);
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         TEXT NOT NULL,
    -- NULL: the operator at the machine, or nobody who is known.
    account_id INTEGER,
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    detail     TEXT NOT NULL
) STRICT;
CREATE TABLE daily (
    day   TEXT NOT NULL,
    what  TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, what)
) STRICT;
INSERT INTO "daily" VALUES('2026-11-27','searches',3);
CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT;
INSERT INTO "identities" VALUES('https://login.example.org','42',1,'2026-11-27T06:00:00.000000Z');
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
, progress TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "jobs" VALUES(2,'check_learnware','check:1:2','{"kind":"check_learnware","learnware":1,"version":2}','open',0,'2026-01-02T03:04:05.000006Z',NULL,NULL,'2026-01-02T03:04:05.000006Z',NULL,'');
CREATE TABLE learnwares (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL,
    latest_version INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    created_at     TEXT NOT NULL,
    deleted_at     TEXT
, owner_id INTEGER REFERENCES accounts (id), taken_down TEXT, downloads INTEGER NOT NULL DEFAULT 0, visibility TEXT NOT NULL DEFAULT 'public'
    CHECK (visibility IN ('public', 'owner', 'organisation')), organisation_id INTEGER REFERENCES organisations (id)) STRICT;
INSERT INTO "learnwares" VALUES(1,'Line 0',1,1,'2026-01-02T03:04:05.000006Z',NULL,1,NULL,3,'public',NULL);
INSERT INTO "learnwares" VALUES(2,'Line 2',1,2,'2026-01-02T03:04:05.000006Z','2026-01-02T03:04:05.000006Z',1,NULL,3,'public',NULL);
CREATE TABLE members (
    organisation_id INTEGER NOT NULL REFERENCES organisations (id),
    account_id      INTEGER NOT NULL REFERENCES accounts (id),
    role            TEXT NOT NULL CHECK (role IN ('member', 'manager')),
    since           TEXT NOT NULL,
    PRIMARY KEY (organisation_id, account_id)
) STRICT;
CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;
INSERT INTO "meta" VALUES('dock_id','e9dea8c2e2ca5f856a27349661f477e9');
INSERT INTO "meta" VALUES('created_at','2026-01-02T03:04:05.000006Z');
INSERT INTO "meta" VALUES('swept_at','2026-11-27T09:19:11.719750Z');
CREATE TABLE organisations (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    -- Lower case, for comparing.
    name_key   TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
) STRICT;
CREATE TABLE package_owners (
    digest       TEXT PRIMARY KEY NOT NULL,
    learnware_id INTEGER NOT NULL REFERENCES learnwares (id)
) STRICT;
INSERT INTO "package_owners" VALUES('daa02d294066d3a85091eba409da40d94945fb2be62f7cbcbbb1efebfd8e9f8a',1);
INSERT INTO "package_owners" VALUES('369f49cd41523b25953bb384ebe53154256d3ac5f28ea9694a12b113bbd75bc6',1);
CREATE TABLE revision (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    value    INTEGER NOT NULL
) STRICT;
INSERT INTO "revision" VALUES(1,2);
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
INSERT INTO "secrets" VALUES(1,'token','00',1,'laptop','read submit','2026-11-27T06:00:00.000000Z','9999-11-27T06:00:00.000000Z',NULL);
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
INSERT INTO "versions" VALUES(1,1,'daa02d294066d3a85091eba409da40d94945fb2be62f7cbcbbb1efebfd8e9f8a',1356,'usable','{"Data":{"Type":"Class","Values":["Table"]},"Description":{"Type":"String","Values":"A line through two columns, for tests of the dock."},"Input":{"Description":{},"Dimension":2},"Library":{"Type":"Class","Values":["Others"]},"License":{"Type":"Class","Values":["Apache-2.0"]},"Name":{"Type":"String","Values":"Line 0"},"Output":{"Description":{},"Dimension":1},"Scenario":{"Type":"Tag","Values":["Education"]},"Task":{"Type":"Class","Values":["Regression"]}}','[{"beta":[0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333],"gamma":0.1,"num_points":12,"type":"RKMETableSpecification","z":[[-1.5355413474037047,0.3339089401215209],[1.4404617263059913,0.5721119196680132],[-1.956916367593472,-0.6294749269821593],[1.7267872203439736,-0.7417599220004152],[1.0210461612753656,1.488126028180611],[0.2655716615486692,-2.0449686939802416],[-0.7211150147732104,0.9822927984137974],[-1.0621050954643942,-1.3283026919250276],[-0.588183442446751,0.27308326672074923],[1.03643107922202,-0.8773924559027062],[0.15684772253921583,-1.8920681422065004],[0.010097339232915958,-1.208119258578488]]}]','xgboost','{"findings":[{"stage":"statistical","code":"points-are-rows","severity":"warning","message":"12 points were made from 12 rows: they may be the rows themselves.","advice":"Make it from more rows, or with fewer points, if the rows are private."}]}','2026-01-02T03:04:05.000006Z','2026-01-02T03:04:05.000006Z');
INSERT INTO "versions" VALUES(1,2,'369f49cd41523b25953bb384ebe53154256d3ac5f28ea9694a12b113bbd75bc6',1357,'waiting','{"Data":{"Type":"Class","Values":["Table"]},"Description":{"Type":"String","Values":"A line through two columns, for tests of the dock."},"Input":{"Description":{},"Dimension":2},"Library":{"Type":"Class","Values":["Others"]},"License":{"Type":"Class","Values":["Apache-2.0"]},"Name":{"Type":"String","Values":"Line 1"},"Output":{"Description":{},"Dimension":1},"Scenario":{"Type":"Tag","Values":["Education"]},"Task":{"Type":"Class","Values":["Regression"]}}','[{"beta":[0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333],"gamma":0.1,"num_points":12,"type":"RKMETableSpecification","z":[[1.88815297189083,-0.5089416514125849],[1.258089893650407,0.3224392258941322],[0.79988634988436,-1.791985269854186],[1.638497210337876,-0.0896550496597115],[0.45128802574255644,-2.963236758867737],[-0.016511841368562097,-1.535839094200944],[0.9600236934169363,-0.5440151029425353],[0.7924743369336232,0.07945711057543714],[3.6166095488043006,-2.606742957495264],[2.6234799961282755,0.8010212225863116],[0.08929097985034029,-0.8867073828380527],[2.002647727951697,-0.9134942367663805]]}]','xgboost',NULL,'2026-01-02T03:04:05.000006Z',NULL);
INSERT INTO "versions" VALUES(2,1,'34cfcd88060f22a1a677ef2914f1ded33ffc92d19ce217a4a98beabcb84ce0a4',1354,'waiting','{"Data":{"Type":"Class","Values":["Table"]},"Description":{"Type":"String","Values":"A line through two columns, for tests of the dock."},"Input":{"Description":{},"Dimension":2},"Library":{"Type":"Class","Values":["Others"]},"License":{"Type":"Class","Values":["Apache-2.0"]},"Name":{"Type":"String","Values":"Line 2"},"Output":{"Description":{},"Dimension":1},"Scenario":{"Type":"Tag","Values":["Education"]},"Task":{"Type":"Class","Values":["Regression"]}}','[{"beta":[0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333,0.08333333333333333],"gamma":0.1,"num_points":12,"type":"RKMETableSpecification","z":[[0.030156297324705594,-2.6186389225449833],[3.1019910463559834,-3.378328245844431],[1.6813811797205935,-2.633057404073706],[4.304080630868569,-1.759585130058808],[2.0810972242676673,-1.3908710736425636],[3.6459118927035474,-2.2682236881009663],[2.2874615698562883,-2.8117089916710425],[2.101318578554842,-1.9244457505974826],[3.071236686646343,-3.166409311180888],[2.9179173818302595,-3.217621941859405],[1.8439139896951355,-2.082550688004014],[2.725486591258443,-0.6451783080218705]]}]','xgboost',NULL,'2026-01-02T03:04:05.000006Z',NULL);
CREATE INDEX learnwares_revision ON learnwares (revision);
CREATE INDEX versions_digest ON versions (digest);
CREATE INDEX package_owners_learnware ON package_owners (learnware_id);
CREATE UNIQUE INDEX jobs_unfinished ON jobs (subject) WHERE state IN ('open', 'leased', 'dead');
CREATE INDEX jobs_claim ON jobs (state, available_at);
CREATE INDEX secrets_account ON secrets (account_id, kind);
CREATE INDEX secrets_expires ON secrets (expires_at);
CREATE INDEX learnwares_owner ON learnwares (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX members_account ON members (account_id);
CREATE INDEX identities_account ON identities (account_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('learnwares',2);
INSERT INTO "sqlite_sequence" VALUES('jobs',3);
INSERT INTO "sqlite_sequence" VALUES('accounts',1);
INSERT INTO "sqlite_sequence" VALUES('secrets',1);
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
INSERT INTO "files" VALUES('dataset','digits/test.csv','daa02d294066d3a85091eba409da40d94945fb2be62f7cbcbbb1efebfd8e9f8a',8,'2026-11-27T17:40:00.000000Z');
INSERT INTO "capabilities" VALUES(1,1,'{}');
INSERT INTO "evolutions" VALUES(1,2,'refused',NULL,'{}','2026-11-27T17:40:00.000000Z');
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
COMMIT;

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

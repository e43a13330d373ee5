-- What every tenant's state has besides its domain's tables.
-- Comments stand inside the statements, where SQLite keeps them.

CREATE TABLE bf_state (
    -- What this state was built from: the last batch of the log that is in it, and the code that read it.
    one INTEGER PRIMARY KEY CHECK (one = 1),
    event INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    time_us INTEGER NOT NULL,      -- of the last commit
    last_uid INTEGER NOT NULL,     -- number of the newest uid
    last_answer INTEGER NOT NULL,  -- number of the newest answer
    schema_hash TEXT NOT NULL,     -- of these tables and the domain's
    domain_version INTEGER NOT NULL
) STRICT;

CREATE TABLE bf_answer (
    -- The first answers of requests that carried an id, for exactly-once retries.
    number INTEGER PRIMARY KEY,  -- in the order of the commits
    request_id TEXT NOT NULL UNIQUE,
    request_digest INTEGER NOT NULL,
    time_us INTEGER NOT NULL,    -- of the commit
    code INTEGER NOT NULL,       -- google.rpc.Code; 0 is carried out
    reason TEXT NOT NULL,
    field TEXT NOT NULL,
    message TEXT NOT NULL,
    response BLOB NOT NULL
) STRICT;

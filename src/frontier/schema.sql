-- The state of a crawl. Times are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS url (
    id            INTEGER PRIMARY KEY,
    key           TEXT    NOT NULL UNIQUE,
    url           TEXT    NOT NULL,
    host          TEXT    NOT NULL,
    state         INTEGER NOT NULL,            -- 0 queued, 1 leased, 2 article, 3 failure
    due           INTEGER NOT NULL DEFAULT 0,
    path          TEXT,                        -- JSON array of addresses once redirected
    failed        INTEGER NOT NULL DEFAULT 0,
    status        TEXT,                        -- of the failure
    detail        TEXT,                        -- of a failure known without asking
    pass          INTEGER NOT NULL DEFAULT 0,  -- the refresh in which it was last finished
    version       INTEGER NOT NULL DEFAULT 0,  -- of the article; 0 while there is none
    fingerprint   TEXT,
    address       TEXT,                        -- that gave the article, after redirects
    etag          TEXT,
    last_modified TEXT,
    fresh         INTEGER NOT NULL DEFAULT 0,  -- until when it need not be asked again
    again         INTEGER,                     -- when a failure may be asked again
    source        INTEGER NOT NULL DEFAULT 0,  -- whether what it names is of interest, not what it is
    round         INTEGER NOT NULL DEFAULT 0,  -- the opening in which a source was last queued
    note          TEXT,                        -- for the one who leases it
    parts         TEXT                         -- what is there of an article of several pages
);
-- One host's URLs in the order they may be asked.
CREATE INDEX IF NOT EXISTS url_queue ON url (host, due, id) WHERE state = 0;
CREATE INDEX IF NOT EXISTS url_leased ON url (id) WHERE state = 1;
CREATE INDEX IF NOT EXISTS url_failed ON url (url) WHERE state = 3;
CREATE INDEX IF NOT EXISTS url_again ON url (again) WHERE state = 3 AND again IS NOT NULL;

-- A host, and when it may be asked next.
CREATE TABLE IF NOT EXISTS lane (
    host  TEXT PRIMARY KEY,
    ready INTEGER NOT NULL,     -- the host's own pause
    next  INTEGER,              -- max(ready, first due); null when nothing is queued or one is in hand
    busy  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lane_next ON lane (next) WHERE next IS NOT NULL;

-- By what articles are recognised.
CREATE TABLE IF NOT EXISTS trace (
    name  TEXT    NOT NULL,
    url   INTEGER NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (name, url)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trace_url ON trace (url);

-- How many bytes of each output file are whole.
CREATE TABLE IF NOT EXISTS mark (
    file  TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- What is remembered for whoever decides, such as rules of hosts, and until when.
CREATE TABLE IF NOT EXISTS memo (
    name  TEXT PRIMARY KEY,
    until INTEGER NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

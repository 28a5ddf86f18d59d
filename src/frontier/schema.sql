-- The state of a crawl. Times are milliseconds since 1970.
--
-- Rows of `url` are written once, in the order of admission; what changes lies in small tables
-- beside it. A URL is in `queue` or in `hand`, or it is done: then it has a row in `article` or
-- `failure`. One that has an article and is asked again is `queued` and keeps its row there.
CREATE TABLE IF NOT EXISTS url (
    id     INTEGER PRIMARY KEY,
    url    TEXT    NOT NULL,
    key    TEXT,                        -- null where it is the URL itself
    note   TEXT,                        -- for the one who leases it
    status TEXT,                        -- of a failure known without asking
    detail TEXT,
    source INTEGER NOT NULL DEFAULT 0,  -- whether what it names is of interest, not what it is
    round  INTEGER NOT NULL DEFAULT 0,  -- the opening in which a source was last queued
    day    INTEGER NOT NULL DEFAULT 0   -- on which it was last named, since 1970; 0 where that is not kept
);
CREATE INDEX IF NOT EXISTS url_day ON url (day) WHERE day > 0;
CREATE INDEX IF NOT EXISTS url_source ON url (id) WHERE source = 1;

-- URLs by 42 bits of the hash of their key; two of one hash lie one behind the other.
CREATE TABLE IF NOT EXISTS seen (
    hash INTEGER PRIMARY KEY,
    id   INTEGER NOT NULL
);

-- A host, and when it may be asked next.
CREATE TABLE IF NOT EXISTS lane (
    id    INTEGER PRIMARY KEY,
    host  TEXT    NOT NULL UNIQUE,
    ready INTEGER NOT NULL DEFAULT 0,   -- the host's own pause
    next  INTEGER,                      -- max(ready, first due); null when nothing is queued or some is in hand
    part  INTEGER NOT NULL DEFAULT 0,   -- no earlier part of the queue has any of its URLs
    hand  INTEGER NOT NULL DEFAULT 0    -- how many of its URLs are in hand
);
CREATE INDEX IF NOT EXISTS lane_next ON lane (next) WHERE next IS NOT NULL;

-- A lane's URLs in the order they may be asked. Parts are filled one after the other, so that what
-- is admitted together lies together; who is to wait goes into the last.
CREATE TABLE IF NOT EXISTS queue (
    part INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    due  INTEGER NOT NULL,
    id   INTEGER NOT NULL,
    PRIMARY KEY (part, lane, due, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS queue_due ON queue (due) WHERE due > 0;

CREATE TABLE IF NOT EXISTS hand (
    id   INTEGER PRIMARY KEY,
    lane INTEGER NOT NULL,
    due  INTEGER NOT NULL
);

-- How far those are that were begun and go on.
CREATE TABLE IF NOT EXISTS midway (
    id     INTEGER PRIMARY KEY,
    path   TEXT,                        -- JSON array of addresses once redirected
    failed INTEGER NOT NULL DEFAULT 0,
    given_up INTEGER NOT NULL DEFAULT 0, -- before it was put back
    parts  TEXT                         -- what is there of an article of several pages
);

CREATE TABLE IF NOT EXISTS article (
    id            INTEGER PRIMARY KEY,
    pass          INTEGER NOT NULL,     -- the refresh in which it was last finished
    queued        INTEGER NOT NULL DEFAULT 0,
    version       INTEGER NOT NULL,
    fresh         INTEGER NOT NULL,     -- until when it need not be asked again
    fingerprint   TEXT    NOT NULL,
    address       TEXT,                 -- that gave the article, after redirects
    etag          TEXT,
    last_modified TEXT,
    traces        BLOB,                 -- names of the traces it left, 8 bytes each
    since         INTEGER NOT NULL DEFAULT 0, -- when it was first written
    again         INTEGER               -- when it is asked again
);
CREATE INDEX IF NOT EXISTS article_again ON article (again) WHERE again IS NOT NULL;
CREATE INDEX IF NOT EXISTS article_queued ON article (id) WHERE queued = 1;

-- What is to be had again of an article that will be asked again.
CREATE TABLE IF NOT EXISTS copy (
    id   INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS failure (
    id       INTEGER PRIMARY KEY,
    pass     INTEGER NOT NULL,
    status   TEXT    NOT NULL,
    again    INTEGER,                   -- when it may be asked again
    given_up INTEGER NOT NULL DEFAULT 1 -- how often, with lapses between
);
CREATE INDEX IF NOT EXISTS failure_again ON failure (again) WHERE again IS NOT NULL;

-- By what articles are recognised.
CREATE TABLE IF NOT EXISTS trace (
    name  INTEGER NOT NULL,             -- its hash
    id    INTEGER NOT NULL,             -- of the URL
    value INTEGER NOT NULL,
    PRIMARY KEY (name, id)
) WITHOUT ROWID;

-- The traces that are still to be written there: name and value, 16 bytes each.
CREATE TABLE IF NOT EXISTS trace_log (
    id     INTEGER PRIMARY KEY,
    traces BLOB NOT NULL
);

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

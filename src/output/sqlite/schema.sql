-- The store of articles, form 2. `articles` holds what was written last of each article, `versions`
-- every text it ever had; `found` searches titles, descriptions and texts:
--   SELECT articles.title, url FROM found JOIN articles ON key = found.rowid
--   WHERE found MATCH 'harbour' ORDER BY rank;
CREATE TABLE store (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    url TEXT,
    final_url TEXT,
    canonical_url TEXT,
    title TEXT,
    description TEXT,
    site_name TEXT,
    publisher TEXT,
    date_published TEXT,
    date_modified TEXT,
    language TEXT,
    section TEXT,
    image TEXT,
    paywall TEXT,
    truncated INTEGER NOT NULL,
    page_type TEXT,
    word_count INTEGER NOT NULL,
    confidence REAL NOT NULL,
    version INTEGER NOT NULL,
    duplicate_of TEXT,
    fetched_at TEXT,
    content_hash TEXT NOT NULL,
    text TEXT NOT NULL,
    gone_at TEXT
);
CREATE INDEX articles_by_url ON articles (url);
CREATE INDEX articles_by_date ON articles (date_published);
CREATE TABLE authors (
    article INTEGER NOT NULL REFERENCES articles (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    url TEXT,
    PRIMARY KEY (article, position)
) WITHOUT ROWID;
CREATE INDEX authors_by_name ON authors (name);
CREATE TABLE tags (
    article INTEGER NOT NULL REFERENCES articles (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (article, position)
) WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag);
CREATE TABLE warnings (
    article INTEGER NOT NULL REFERENCES articles (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    warning TEXT NOT NULL,
    PRIMARY KEY (article, position)
) WITHOUT ROWID;
CREATE TABLE images (
    article INTEGER NOT NULL REFERENCES articles (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    url TEXT NOT NULL,
    alt TEXT,
    caption TEXT,
    credit TEXT,
    width INTEGER,
    height INTEGER,
    PRIMARY KEY (article, position)
) WITHOUT ROWID;
CREATE TABLE versions (
    article INTEGER NOT NULL REFERENCES articles (key) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    fetched_at TEXT,
    title TEXT,
    text TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (article, version)
);
CREATE VIRTUAL TABLE found USING fts5 (
    title, description, text,
    content = 'articles', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER articles_insert AFTER INSERT ON articles BEGIN
    INSERT INTO found (rowid, title, description, text)
    VALUES (new.key, new.title, new.description, new.text);
END;
CREATE TRIGGER articles_delete AFTER DELETE ON articles BEGIN
    INSERT INTO found (found, rowid, title, description, text)
    VALUES ('delete', old.key, old.title, old.description, old.text);
END;
CREATE TRIGGER articles_update AFTER UPDATE ON articles BEGIN
    INSERT INTO found (found, rowid, title, description, text)
    VALUES ('delete', old.key, old.title, old.description, old.text);
    INSERT INTO found (rowid, title, description, text)
    VALUES (new.key, new.title, new.description, new.text);
END;
PRAGMA user_version = 2;

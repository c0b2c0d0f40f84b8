-- The append-only log of every act, one tree of hashes a log (package journal).

-- +goose Up
CREATE TABLE journal_head (
    log    TEXT PRIMARY KEY,
    size   BIGINT NOT NULL,
    root   BYTEA NOT NULL,
    peaks  BYTEA NOT NULL, -- what appending needs of the tree
    latest BIGINT NOT NULL -- the latest instant of its entries
) WITHOUT ROWID;

CREATE TABLE journal_entry (
    log     TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    verb    TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    PRIMARY KEY (log, seq)
) WITHOUT ROWID;

CREATE TABLE journal_hash (
    log  TEXT NOT NULL,
    idx  BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (log, idx)
) WITHOUT ROWID;

-- Attacks that no address and no account shows alone: how many accounts strangers
-- failed at and signed in to; and the codes that their owners are mailed meanwhile.

-- +goose Up
CREATE TABLE stranger_count (
    at        BIGINT PRIMARY KEY, -- the beginning of ten minutes
    failed    BIGINT NOT NULL,    -- accounts, from where their owner has never been
    succeeded BIGINT NOT NULL     -- likewise
) WITHOUT ROWID;

CREATE TABLE mailed_code (
    session BYTEA NOT NULL,  -- digest of the session that asked for it
    sent    BIGINT NOT NULL,
    person  BIGINT NOT NULL REFERENCES person (id),
    digest  BYTEA NOT NULL,  -- SHA-256 of the code
    wrong   BIGINT NOT NULL, -- how many other codes were tried
    spent   BIGINT NOT NULL,
    PRIMARY KEY (session, sent)
) WITHOUT ROWID;

CREATE INDEX mailed_code_person ON mailed_code (person, sent);

CREATE INDEX mailed_code_sent ON mailed_code (sent);

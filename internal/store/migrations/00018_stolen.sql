-- What became of lists of stolen accounts: how far each was read, and which accounts
-- stood in it. Nothing of a list itself is kept: no password, no address, no line.

-- +goose Up
CREATE TABLE stolen_list (
    id       BIGINT PRIMARY KEY,
    digest   BYTEA NOT NULL, -- SHA-256 of the list: the same one goes on where it stopped
    within   TEXT NOT NULL,  -- the territory whose accounts are looked for
    by_whom  TEXT NOT NULL,
    received BIGINT NOT NULL,
    moved    BIGINT NOT NULL, -- when it was last read on
    done     BIGINT NOT NULL, -- when it was read to its end; 0: not yet
    line     BIGINT NOT NULL, -- how far it was read
    left_out BIGINT NOT NULL  -- lines without an account
);

CREATE UNIQUE INDEX stolen_list_digest ON stolen_list (digest, within);

CREATE TABLE stolen_account (
    list    BIGINT NOT NULL REFERENCES stolen_list (id),
    person  BIGINT NOT NULL REFERENCES person (id),
    outcome BIGINT NOT NULL, -- store.StolenOutcome
    at      BIGINT NOT NULL,
    PRIMARY KEY (list, person)
) WITHOUT ROWID;

CREATE INDEX stolen_account_person ON stolen_account (person);

CREATE INDEX email_folded ON email (lower(address));

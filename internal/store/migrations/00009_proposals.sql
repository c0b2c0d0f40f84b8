-- Orders that wait for a second signature. Whether one still waits, or came to
-- nothing in time, is computed from these facts and the clock.

-- +goose Up
CREATE TABLE proposal (
    id       BIGINT PRIMARY KEY,
    order_id TEXT NOT NULL, -- a number that was proposed is never proposed again
    issuer   TEXT NOT NULL,
    body     BYTEA NOT NULL, -- what is signed, and issued if it is
    digest   TEXT NOT NULL,
    author   BIGINT NOT NULL REFERENCES person (id),
    schools  BIGINT NOT NULL, -- those it would bind, when it was proposed
    people   BIGINT NOT NULL, -- of all their roles
    proposed BIGINT NOT NULL,
    expires  BIGINT NOT NULL,
    outcome  BIGINT NOT NULL, -- 0: none yet, 1: issued, 2: refused, 3: withdrawn
    ended    BIGINT NOT NULL, -- 0: not yet
    ended_by BIGINT NOT NULL,
    reason   TEXT NOT NULL    -- of a refusal
) WITHOUT ROWID;

CREATE UNIQUE INDEX proposal_order ON proposal (order_id);

CREATE INDEX proposal_issuer ON proposal (issuer, id);

CREATE TABLE signature (
    proposal  BIGINT NOT NULL REFERENCES proposal (id),
    person    BIGINT NOT NULL REFERENCES person (id),
    territory TEXT NOT NULL, -- the office in whose name
    at        BIGINT NOT NULL,
    PRIMARY KEY (proposal, person)
) WITHOUT ROWID;

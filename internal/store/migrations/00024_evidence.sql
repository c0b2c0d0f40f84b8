-- What is kept of a frozen account for a complaint: one file for each of its places,
-- made when it was frozen.

-- +goose Up
CREATE TABLE evidence (
    id       BIGINT PRIMARY KEY,
    person   BIGINT NOT NULL REFERENCES person (id),
    place    TEXT NOT NULL,   -- territory of the school or office
    frozen   BIGINT NOT NULL,
    since    BIGINT NOT NULL, -- what was sent from then on
    seal     TEXT NOT NULL,   -- SHA-256 of the file's own list of digests; the journal has it too
    messages BIGINT NOT NULL,
    people   BIGINT NOT NULL, -- reached, counted for each message
    sign_ins BIGINT NOT NULL,
    until    BIGINT NOT NULL, -- 0: as long as the account is frozen
    file     BYTEA NOT NULL   -- last, so that lists need not read past it
);

CREATE INDEX evidence_person ON evidence (person, id);

CREATE TABLE evidence_fetch (
    evidence BIGINT NOT NULL REFERENCES evidence (id),
    at       BIGINT NOT NULL,
    person   BIGINT NOT NULL REFERENCES person (id), -- who fetched it
    PRIMARY KEY (evidence, at, person)
) WITHOUT ROWID;

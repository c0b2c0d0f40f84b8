-- Questions that wait for one answer, each for some minutes: a passkey's
-- challenge, a secret whose first code is awaited, a code shown to a witness.

-- +goose Up
CREATE TABLE challenge (
    digest  BYTEA PRIMARY KEY,
    kind    BIGINT NOT NULL, -- a bit of account.Factors
    person  BIGINT NOT NULL, -- 0: not known yet
    holder  BYTEA NOT NULL,  -- digest of what the browser that was asked holds
    data    BYTEA NOT NULL,
    expires BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX challenge_expires ON challenge (expires);

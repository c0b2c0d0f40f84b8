-- What secures accounts: other proofs than the password, how far a sign-in has
-- come and where it was proved, accounts that are frozen or must be renewed, and
-- which sessions were ended, so that every node cuts what is live.

-- +goose Up
ALTER TABLE session ADD COLUMN stage BIGINT NOT NULL DEFAULT 0; -- 0 whole, 1 second factor asked, 2 renewal asked
ALTER TABLE session ADD COLUMN factors BIGINT NOT NULL DEFAULT 1; -- bits, as account.Factors
ALTER TABLE session ADD COLUMN proved BIGINT NOT NULL DEFAULT 0; -- when the latest proof was given
ALTER TABLE session ADD COLUMN browser BYTEA NOT NULL DEFAULT ''; -- SHA-256 of the token that marks the device
ALTER TABLE session ADD COLUMN network TEXT NOT NULL DEFAULT ''; -- the latest network that was proved

-- Sessions from before do not know their browser: everybody signs in once more.
DELETE FROM session;

CREATE TABLE ended_session (
    seq    BIGINT NOT NULL, -- counter 'revocation'
    digest BYTEA NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (seq, digest)
) WITHOUT ROWID;

INSERT INTO counter (name, value) VALUES ('revocation', 0);

CREATE TABLE factor (
    id     BIGINT PRIMARY KEY,
    person BIGINT NOT NULL REFERENCES person (id),
    kind   BIGINT NOT NULL, -- a bit of account.Factors
    name   TEXT NOT NULL,   -- what its owner calls it
    secret BYTEA NOT NULL,  -- what it is verified with; of codes to keep, a digest
    added  BIGINT NOT NULL,
    used   BIGINT NOT NULL,
    mark   BIGINT NOT NULL  -- the latest counter that was used: nothing counts twice
) WITHOUT ROWID;

CREATE INDEX factor_person ON factor (person, kind, id);

CREATE TABLE frozen (
    person  BIGINT PRIMARY KEY REFERENCES person (id),
    at      BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    why     BIGINT NOT NULL, -- account.FreezeReason
    note    TEXT NOT NULL    -- for the school, never shown to others
) WITHOUT ROWID;

CREATE TABLE renewal (
    person BIGINT PRIMARY KEY REFERENCES person (id),
    since  BIGINT NOT NULL,
    why    BIGINT NOT NULL -- account.RenewalReason
) WITHOUT ROWID;

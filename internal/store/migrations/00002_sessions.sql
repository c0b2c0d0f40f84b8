-- Who is signed in, and who tried to be.

-- +goose Up
CREATE TABLE session (
    digest  BYTEA PRIMARY KEY, -- SHA-256 of the token, which the browser alone has
    person  BIGINT NOT NULL REFERENCES person (id),
    created BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    device  TEXT NOT NULL,
    address TEXT NOT NULL,
    known   BIGINT NOT NULL -- 1: the device had signed in to the account before
) WITHOUT ROWID;

CREATE INDEX session_person ON session (person);

CREATE INDEX session_expires ON session (expires);

CREATE TABLE sign_in_try (
    id      BIGINT PRIMARY KEY,
    login   TEXT NOT NULL,
    address TEXT NOT NULL,
    device  BYTEA NOT NULL,
    at      BIGINT NOT NULL,
    ok      BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX sign_in_try_login ON sign_in_try (login, at);

CREATE INDEX sign_in_try_address ON sign_in_try (address, at);

CREATE INDEX sign_in_try_at ON sign_in_try (at);

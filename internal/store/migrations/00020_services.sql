-- Sessions that a sign-in service vouched for, and what it said that counts once.

-- +goose Up
ALTER TABLE session ADD COLUMN service TEXT NOT NULL DEFAULT ''; -- '' without one
ALTER TABLE session ADD COLUMN service_session BYTEA NOT NULL DEFAULT ''; -- SHA-256 of what the service calls its own session
ALTER TABLE session ADD COLUMN service_subject BYTEA NOT NULL DEFAULT ''; -- SHA-256 of what it calls the person

-- Sessions from before have no such digests: everybody signs in once more.
DELETE FROM session;

CREATE INDEX session_service ON session (service, service_session);

CREATE INDEX session_subject ON session (service, service_subject);

CREATE TABLE spent (
    digest BYTEA PRIMARY KEY, -- SHA-256 of a nonce or ticket
    at     BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX spent_at ON spent (at);

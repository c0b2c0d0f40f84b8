-- What changed about how accounts are protected: their owners are told, and asked
-- whether it was them.

-- +goose Up
CREATE TABLE alteration (
    id      BIGINT PRIMARY KEY,
    person  BIGINT NOT NULL REFERENCES person (id),
    kind    BIGINT NOT NULL, -- account.AlterationKind
    at      BIGINT NOT NULL,
    browser BYTEA NOT NULL,  -- SHA-256 of the token that marks the device that did it
    name    TEXT NOT NULL,   -- the browser's own description
    address TEXT NOT NULL,
    country TEXT NOT NULL,   -- ISO 3166-1, '' where it is not known
    ticket  TEXT NOT NULL,   -- what the link of the letter is verified with; '' none
    settled BIGINT NOT NULL  -- the owner has answered
);

CREATE INDEX alteration_person ON alteration (person, at);

CREATE INDEX alteration_ticket ON alteration (ticket);

CREATE INDEX alteration_at ON alteration (at);

-- Devices from which people sign in, what is kept of a frozen account and how far
-- giving it back has come, and where people travel.

-- +goose Up
INSERT INTO counter (name, value) VALUES ('people', 0);

CREATE TABLE device (
    person  BIGINT NOT NULL REFERENCES person (id),
    browser BYTEA NOT NULL,  -- SHA-256 of the token that marks the device
    first   BIGINT NOT NULL, -- when it first signed in to the account
    seen    BIGINT NOT NULL, -- when it last did
    known   BIGINT NOT NULL, -- from when it counts as its owner's; 0: never, its owner said so
    name    TEXT NOT NULL,   -- the browser's own description
    address TEXT NOT NULL,
    country TEXT NOT NULL,   -- ISO 3166-1, '' where it is not known
    ticket  TEXT NOT NULL,   -- what the link of the letter is verified with; '' none, or used
    PRIMARY KEY (person, browser)
) WITHOUT ROWID;

CREATE INDEX device_ticket ON device (ticket);

-- Devices that signed in before are known.
INSERT INTO device (person, browser, first, seen, known, name, address, country, ticket)
    SELECT p.id, t.device, min(t.at), max(t.at), min(t.at), '', '', '', ''
    FROM sign_in_try t JOIN person p ON p.login = t.login WHERE t.ok = 1 GROUP BY p.id, t.device;

ALTER TABLE session DROP COLUMN known; -- the device says it

ALTER TABLE session ADD COLUMN country TEXT NOT NULL DEFAULT ''; -- where the latest proof came from

ALTER TABLE frozen ADD COLUMN since BIGINT NOT NULL DEFAULT 0; -- from when on what was sent is evidence

-- What was done before an account is given back.
CREATE TABLE give_back (
    person  BIGINT NOT NULL REFERENCES person (id),
    step    BIGINT NOT NULL, -- account.GiveBackStep
    at      BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    PRIMARY KEY (person, step)
) WITHOUT ROWID;

-- Who is expected to sign in from where, until when.
CREATE TABLE travel (
    id      BIGINT PRIMARY KEY,
    person  BIGINT NOT NULL REFERENCES person (id),
    country TEXT NOT NULL,
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    by_whom TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX travel_person ON travel (person, until);

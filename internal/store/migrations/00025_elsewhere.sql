-- Accounts whose password is a sign-in service's are told from those that were
-- never activated.

-- +goose Up
ALTER TABLE credential ADD COLUMN service TEXT NOT NULL DEFAULT ''; -- by which its owner last came in; '' none

INSERT INTO credential (person, hash, changed, service)
    SELECT person, '', 0, min(service) FROM session WHERE service <> '' GROUP BY person
    ON CONFLICT (person) DO UPDATE SET service = excluded.service;

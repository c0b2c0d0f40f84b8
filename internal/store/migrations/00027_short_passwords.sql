-- A password that is long enough only beside a second proof: who loses that proof
-- needs another password first.

-- +goose Up
ALTER TABLE credential ADD COLUMN beside BIGINT NOT NULL DEFAULT 0;

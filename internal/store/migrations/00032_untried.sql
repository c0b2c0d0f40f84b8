-- How many passwords of a stolen list were not tried, since so many were at their
-- account already.

-- +goose Up
ALTER TABLE stolen_list ADD COLUMN untried BIGINT NOT NULL DEFAULT 0;

-- Keys that the installation made for itself, the same on every node.

-- +goose Up
CREATE TABLE own_key (
    name TEXT PRIMARY KEY, -- what it is for
    key  BYTEA NOT NULL
) WITHOUT ROWID;

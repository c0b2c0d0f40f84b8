-- Which of the nodes that share this database does what only one of them may do.

-- +goose Up
CREATE TABLE lead (
    name   TEXT PRIMARY KEY, -- what there is to lead
    holder TEXT NOT NULL,    -- a name that a node gave itself at its start
    turn   BIGINT NOT NULL,  -- grows as long as the holder lives
    mark   BIGINT NOT NULL   -- how far any holder has come
) WITHOUT ROWID;

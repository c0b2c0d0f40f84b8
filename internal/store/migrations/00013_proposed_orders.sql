-- A proposal holds one order or several: signed together, issued together.

-- +goose Up
CREATE TABLE proposed_order (
    order_id TEXT PRIMARY KEY, -- a number that was proposed is never proposed again
    proposal BIGINT NOT NULL REFERENCES proposal (id),
    place    BIGINT NOT NULL, -- among those of its proposal, from 0
    body     BYTEA NOT NULL   -- what is signed, and issued if it is
) WITHOUT ROWID;

CREATE UNIQUE INDEX proposed_order_proposal ON proposed_order (proposal, place);

INSERT INTO proposed_order (order_id, proposal, place, body) SELECT order_id, id, 0, body FROM proposal;

DROP INDEX proposal_order;

ALTER TABLE proposal DROP COLUMN order_id;

ALTER TABLE proposal DROP COLUMN body;

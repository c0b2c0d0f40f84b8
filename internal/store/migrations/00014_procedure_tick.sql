-- What a head has ticked so far of a procedure, until it is attested.

-- +goose Up
CREATE TABLE procedure_tick (
    school   TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES order_record (id),
    product  TEXT NOT NULL, -- of the catalogue of procedures
    undo     BIGINT NOT NULL, -- 1: of what is taken back when the order is over
    steps    TEXT NOT NULL, -- the numbers of those that are ticked
    by_whom  TEXT NOT NULL, -- who does it, as it was typed
    at       BIGINT NOT NULL,
    kept_by  TEXT NOT NULL, -- the name of who kept it
    PRIMARY KEY (school, order_id, product, undo)
) WITHOUT ROWID;

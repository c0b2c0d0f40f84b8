-- What becomes of an order: which service holds it since when, and what people
-- say they did by hand. Where a school stands is computed from these facts.

-- +goose Up
CREATE TABLE order_receipt (
    order_id TEXT NOT NULL REFERENCES order_record (id),
    service  TEXT NOT NULL, -- '': this installation; else POINT/INSTANCE
    at       BIGINT NOT NULL,
    PRIMARY KEY (order_id, service)
) WITHOUT ROWID;

-- Orders from before were held as soon as they were issued.
INSERT INTO order_receipt (order_id, service, at) SELECT id, '', issued FROM order_record;

CREATE TABLE order_delay (
    order_id TEXT PRIMARY KEY REFERENCES order_record (id),
    seconds  BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE order_answer (
    id       BIGINT PRIMARY KEY,
    school   TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES order_record (id),
    product  TEXT NOT NULL, -- of the catalogue of procedures; '' in a refusal
    kind     BIGINT NOT NULL, -- 0 attested, 1 undone at lifting, 2 refused
    at       BIGINT NOT NULL,
    person   BIGINT NOT NULL, -- who says so
    by_whom  TEXT NOT NULL,   -- who did it, as it was typed
    reason   TEXT NOT NULL,   -- why not, in a refusal
    picture  BIGINT NOT NULL  -- 1: answer_picture holds one
) WITHOUT ROWID;

CREATE INDEX order_answer_school ON order_answer (school, order_id, id);

CREATE INDEX order_answer_order ON order_answer (order_id, id);

CREATE TABLE answer_picture (
    answer BIGINT PRIMARY KEY REFERENCES order_answer (id),
    body   BYTEA NOT NULL -- JPEG, encoded by Écluse itself
) WITHOUT ROWID;

-- What a school uses beside Écluse. '' stands for having said so at all: a school
-- that uses nothing else is not one that was never asked.
CREATE TABLE school_product (
    school  TEXT NOT NULL REFERENCES school (uai),
    product TEXT NOT NULL,
    PRIMARY KEY (school, product)
) WITHOUT ROWID;

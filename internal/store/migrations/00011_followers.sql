-- The installations below this one, and what each last said about its schools.
-- Lists of schools are codes with a space between: a follower says the same about
-- many, and says all of it anew each time.

-- +goose Up
CREATE TABLE follower (
    name     TEXT PRIMARY KEY,
    verifier TEXT NOT NULL UNIQUE, -- the key that its statements are signed with
    within   TEXT NOT NULL,        -- territories whose schools it may speak of, with a space between
    created  BIGINT NOT NULL,
    said     BIGINT NOT NULL,      -- the instant of its last statement; 0: none came
    version  BIGINT NOT NULL,      -- of the feed that it held then
    left_out TEXT NOT NULL         -- what of its last statement was not taken, and why
) WITHOUT ROWID;

CREATE TABLE follower_group (
    follower TEXT NOT NULL REFERENCES follower (name),
    order_id TEXT NOT NULL REFERENCES order_record (id),
    received BIGINT NOT NULL,
    held     BIGINT NOT NULL, -- 0: something is awaited there
    schools  TEXT NOT NULL,
    PRIMARY KEY (order_id, follower, received, held)
) WITHOUT ROWID;

CREATE TABLE follower_use (
    follower TEXT NOT NULL REFERENCES follower (name),
    products TEXT NOT NULL, -- '': none, which is an answer too
    schools  TEXT NOT NULL,
    PRIMARY KEY (follower, products)
) WITHOUT ROWID;

-- Answers are history: no later statement takes one away, nor does the end of the
-- follower that passed it on.
CREATE TABLE follower_answer (
    order_id TEXT NOT NULL REFERENCES order_record (id),
    follower TEXT NOT NULL, -- who passed it on; it may be gone
    school   TEXT NOT NULL,
    at       BIGINT NOT NULL,
    product  TEXT NOT NULL, -- of the catalogue of procedures; '' in a refusal
    kind     BIGINT NOT NULL, -- as in order_answer
    by_whom  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (order_id, follower, school, at, product, kind)
) WITHOUT ROWID;

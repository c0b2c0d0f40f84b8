-- Letters that leave by e-mail, and the addresses that they go to. A text stands
-- once; each address it goes to has a row, so that none gets it twice.

-- +goose Up
CREATE TABLE email (
    person  BIGINT PRIMARY KEY REFERENCES person (id),
    address TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE mailing (
    id       BIGINT PRIMARY KEY,
    name     TEXT NOT NULL, -- what makes it the only one of its kind
    batch    BIGINT NOT NULL, -- those queued by one act
    kind     BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    place    TEXT NOT NULL, -- the school or territory it is sent to or about
    queued   BIGINT NOT NULL,
    reply_to TEXT NOT NULL, -- '': the installation's sender
    unsubscribe TEXT NOT NULL,
    subject_fr TEXT NOT NULL,
    body_fr    TEXT NOT NULL,
    subject_en TEXT NOT NULL, -- '': in French alone
    body_en    TEXT NOT NULL,
    without  BIGINT NOT NULL -- how many people have no address
);

CREATE UNIQUE INDEX mailing_name ON mailing (name);

CREATE INDEX mailing_order ON mailing (order_id, id);

CREATE TABLE outbox (
    mailing  BIGINT NOT NULL REFERENCES mailing (id),
    address  TEXT NOT NULL,
    language TEXT NOT NULL, -- '': not known
    state    BIGINT NOT NULL, -- 0 waiting, 1 taken by the relay, 2 given up
    tries    BIGINT NOT NULL,
    due      BIGINT NOT NULL, -- the next try; while one is under way, when it is taken for lost
    settled  BIGINT NOT NULL, -- when it was taken or given up
    reason   TEXT NOT NULL, -- what the relay last said against it
    PRIMARY KEY (mailing, address)
) WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (due, mailing) WHERE state = 0;

-- Whom an office writes to: préfecture, mayors. A name may stand for several.
CREATE TABLE correspondent (
    id        BIGINT PRIMARY KEY,
    territory TEXT NOT NULL, -- of the office whose book it is
    name      TEXT NOT NULL, -- as orders name their copies
    postal    TEXT NOT NULL, -- lines of the address
    email     TEXT NOT NULL
);

CREATE INDEX correspondent_territory ON correspondent (territory, name, id);

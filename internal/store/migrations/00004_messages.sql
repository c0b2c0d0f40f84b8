-- What people write. A text stands once; each recipient has a delivery row from
-- the moment the message leaves, and none before: while it waits, its recipients
-- stand in a table that no mailbox reads.
--
-- There is no index of what is unread: it would cost a third of every sending to
-- many, and counting stops at a hundred. Deliveries refer to their message
-- without a foreign key, which would be looked up once a row.

-- +goose Up
CREATE TABLE message (
    school    TEXT NOT NULL,
    id        BIGINT NOT NULL,
    thread    BIGINT NOT NULL,
    reply_to  BIGINT NOT NULL,
    kind      BIGINT NOT NULL,
    sender    BIGINT NOT NULL,
    from_name TEXT NOT NULL,
    from_role BIGINT NOT NULL,
    subject   TEXT NOT NULL,
    preview   TEXT NOT NULL,
    audience  TEXT NOT NULL, -- JSON
    people    BIGINT NOT NULL,
    written   BIGINT NOT NULL,
    left_at   BIGINT NOT NULL, -- 0: it waits
    body      TEXT NOT NULL, -- last, so that lists need not read past it
    PRIMARY KEY (school, id)
);

CREATE INDEX message_sender ON message (school, sender, written, id);

CREATE INDEX message_reply ON message (school, thread, id) WHERE thread <> id;

CREATE INDEX message_waiting ON message (school, id) WHERE left_at = 0;

CREATE TABLE waiting_recipient (
    school  TEXT NOT NULL,
    message BIGINT NOT NULL,
    member  BIGINT NOT NULL,
    PRIMARY KEY (school, message, member)
) WITHOUT ROWID;

CREATE TABLE delivery (
    school  TEXT NOT NULL,
    member  BIGINT NOT NULL,
    left_at BIGINT NOT NULL,
    message BIGINT NOT NULL,
    read_at BIGINT NOT NULL, -- 0: unread
    PRIMARY KEY (school, member, left_at, message)
) WITHOUT ROWID;

CREATE UNIQUE INDEX delivery_message ON delivery (school, message, member);

CREATE TABLE draft (
    school   TEXT NOT NULL,
    member   BIGINT NOT NULL,
    id       BIGINT NOT NULL,
    reply_to BIGINT NOT NULL,
    audience TEXT NOT NULL, -- JSON
    subject  TEXT NOT NULL,
    body     TEXT NOT NULL,
    version  BIGINT NOT NULL,
    saved    BIGINT NOT NULL,
    PRIMARY KEY (school, member, id)
);

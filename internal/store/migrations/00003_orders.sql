-- What those responsible say. Orders are kept as the text that was issued, and
-- whether one is in force is never stored: it is computed from the text.

-- +goose Up
CREATE TABLE order_record (
    id        TEXT PRIMARY KEY,
    seq       BIGINT NOT NULL, -- the generation it made: the order of issue
    issuer    TEXT NOT NULL,
    body      BYTEA NOT NULL,
    issued    BIGINT NOT NULL,
    issued_by TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE exemption (
    id         BIGINT PRIMARY KEY,
    order_id   TEXT NOT NULL REFERENCES order_record (id),
    school     TEXT NOT NULL,
    member     BIGINT NOT NULL,
    person     BIGINT NOT NULL,
    from_at    BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    access     BIGINT NOT NULL,
    asked_by   BIGINT NOT NULL,
    granted_by BIGINT NOT NULL,
    authority  TEXT NOT NULL,
    reason     TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE reach (
    school    TEXT NOT NULL,
    from_role BIGINT NOT NULL,
    to_role   BIGINT NOT NULL,
    reach     BIGINT NOT NULL,
    PRIMARY KEY (school, from_role, to_role)
) WITHOUT ROWID;

CREATE TABLE announcement (
    id        BIGINT PRIMARY KEY,
    territory TEXT NOT NULL,
    by_whom   TEXT NOT NULL,
    office    TEXT NOT NULL,
    title     TEXT NOT NULL,
    body      TEXT NOT NULL,
    at        BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX announcement_territory ON announcement (territory, at, id);

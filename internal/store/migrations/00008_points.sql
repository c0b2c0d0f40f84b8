-- Enforcement points: who may ask, and what each instance last said of itself;
-- and the other names by which other systems know an account.

-- +goose Up
CREATE TABLE point (
    name      TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    territory TEXT NOT NULL, -- it is answered about schools below this
    probe     TEXT NOT NULL, -- an address that must refuse; '' if there is none
    token     BYTEA NOT NULL, -- the digest of its token, which the point alone has
    created   BIGINT NOT NULL
) WITHOUT ROWID;

CREATE UNIQUE INDEX point_token ON point (token);

CREATE TABLE point_report (
    point        TEXT NOT NULL REFERENCES point (name) ON DELETE CASCADE,
    instance     TEXT NOT NULL,
    software     TEXT NOT NULL,
    at           BIGINT NOT NULL, -- when it last reported
    asked        BIGINT NOT NULL, -- when it last asked
    version      BIGINT NOT NULL, -- of the snapshot that it last heard of
    offset_ms    BIGINT NOT NULL, -- its clock less ours
    live         BIGINT NOT NULL, -- connections that it could cut
    tested       BIGINT NOT NULL, -- when it last asked for the account that is always closed
    refused      BIGINT NOT NULL, -- 1: and was refused, as it must be
    PRIMARY KEY (point, instance)
) WITHOUT ROWID;

CREATE TABLE alias (
    name   TEXT PRIMARY KEY, -- folded as a login is
    person BIGINT NOT NULL REFERENCES person (id)
) WITHOUT ROWID;

CREATE INDEX alias_person ON alias (person, name);

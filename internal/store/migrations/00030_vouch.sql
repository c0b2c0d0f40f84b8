-- Teachers' words, in person, that a pupil is who they say.

-- +goose Up
CREATE TABLE vouch (
    school    TEXT NOT NULL REFERENCES school (uai),
    id        BIGINT NOT NULL,
    member    BIGINT NOT NULL, -- the pupil's place
    person    BIGINT NOT NULL REFERENCES person (id),
    by_person BIGINT NOT NULL REFERENCES person (id),
    by_member BIGINT NOT NULL,
    digest    BYTEA NOT NULL,  -- SHA-256 of the code
    at        BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    wrong     BIGINT NOT NULL, -- how many other codes were tried
    used      BIGINT NOT NULL, -- 0: not yet
    PRIMARY KEY (school, id)
) WITHOUT ROWID;

CREATE INDEX vouch_person ON vouch (person, id);

CREATE UNIQUE INDEX vouch_id ON vouch (id);

-- Places and people. Every key of what belongs to a school begins with the school.
-- Instants are milliseconds since 1970, UTC; 0 is "not yet". Truth is 0 or 1.

-- +goose Up
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
) WITHOUT ROWID;

INSERT INTO counter (name, value) VALUES ('generation', 1), ('heartbeat', 0);

CREATE TABLE territory (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE school (
    uai        TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    degree     BIGINT NOT NULL,
    sector     BIGINT NOT NULL,
    parent     TEXT NOT NULL,
    zone       TEXT NOT NULL,
    calendar   TEXT NOT NULL,
    phone      TEXT NOT NULL,
    email      TEXT NOT NULL,
    protection TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE person (
    id         BIGINT PRIMARY KEY,
    login      TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    sort_name  TEXT NOT NULL, -- folded "last first"
    language   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE credential (
    person  BIGINT PRIMARY KEY REFERENCES person (id),
    hash    TEXT NOT NULL,
    changed BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE membership (
    school    TEXT NOT NULL REFERENCES school (uai),
    id        BIGINT NOT NULL UNIQUE,
    person    BIGINT NOT NULL REFERENCES person (id),
    role      BIGINT NOT NULL,
    function  TEXT NOT NULL,
    name      TEXT NOT NULL,
    sort_name TEXT NOT NULL,
    PRIMARY KEY (school, id)
) WITHOUT ROWID;

CREATE INDEX membership_person ON membership (person);

CREATE INDEX membership_role ON membership (school, role);

CREATE TABLE class (
    school TEXT NOT NULL REFERENCES school (uai),
    id     BIGINT NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (school, id)
) WITHOUT ROWID;

CREATE TABLE class_member (
    school TEXT NOT NULL,
    class  BIGINT NOT NULL,
    member BIGINT NOT NULL,
    PRIMARY KEY (school, class, member),
    FOREIGN KEY (school, class) REFERENCES class (school, id),
    FOREIGN KEY (school, member) REFERENCES membership (school, id)
) WITHOUT ROWID;

CREATE INDEX class_member_member ON class_member (school, member);

CREATE TABLE guardian (
    school   TEXT NOT NULL,
    guardian BIGINT NOT NULL,
    pupil    BIGINT NOT NULL,
    PRIMARY KEY (school, guardian, pupil),
    FOREIGN KEY (school, guardian) REFERENCES membership (school, id),
    FOREIGN KEY (school, pupil) REFERENCES membership (school, id)
) WITHOUT ROWID;

CREATE INDEX guardian_pupil ON guardian (school, pupil);

CREATE TABLE office (
    person    BIGINT NOT NULL REFERENCES person (id),
    territory TEXT NOT NULL,
    title     TEXT NOT NULL,
    PRIMARY KEY (person, territory)
) WITHOUT ROWID;

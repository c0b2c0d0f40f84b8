-- Slips on paper that set a new password, and campaigns that ask many people for one.

-- +goose Up
CREATE TABLE slip (
    school    TEXT NOT NULL REFERENCES school (uai), -- that printed it
    id        BIGINT NOT NULL UNIQUE,
    person    BIGINT NOT NULL REFERENCES person (id),
    member    BIGINT NOT NULL,
    digest    BYTEA NOT NULL,  -- of the code, which is on paper alone
    printed   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    used      BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    clears    BIGINT NOT NULL, -- 1: it removes second factors that were lost
    PRIMARY KEY (school, id)
) WITHOUT ROWID;

CREATE INDEX slip_person ON slip (person, id);

CREATE TABLE campaign (
    id          BIGINT PRIMARY KEY,
    territory   TEXT NOT NULL,   -- of whose schools
    by_whom     TEXT NOT NULL,   -- as the journal names actors
    person      BIGINT NOT NULL, -- who started it, and is not asked
    within      TEXT NOT NULL,   -- the territory of who started it: who holds an office there or above is not asked
    roles       BIGINT NOT NULL, -- bits, as school.Roles
    class       BIGINT NOT NULL, -- 0: all
    listed      BIGINT NOT NULL, -- 1: only those of campaign_list
    since       BIGINT NOT NULL, -- whose password was changed from here on is not asked
    started     BIGINT NOT NULL,
    finished    BIGINT NOT NULL, -- when everybody had been asked; 0: not yet
    stopped     BIGINT NOT NULL,
    done_school TEXT NOT NULL,   -- how far it has come: up to this school,
    done_person BIGINT NOT NULL  -- and this person of it
) WITHOUT ROWID;

CREATE TABLE campaign_list (
    campaign BIGINT NOT NULL REFERENCES campaign (id),
    person   BIGINT NOT NULL REFERENCES person (id),
    PRIMARY KEY (campaign, person)
) WITHOUT ROWID;

-- Whom a campaign met, and what became of it.
CREATE TABLE campaign_person (
    campaign BIGINT NOT NULL REFERENCES campaign (id),
    person   BIGINT NOT NULL REFERENCES person (id),
    school   TEXT NOT NULL,
    member   BIGINT NOT NULL,
    outcome  BIGINT NOT NULL, -- 0: asked; else why not, see store.CampaignOutcome
    PRIMARY KEY (campaign, person)
) WITHOUT ROWID;

CREATE INDEX campaign_person_school ON campaign_person (campaign, school, outcome);

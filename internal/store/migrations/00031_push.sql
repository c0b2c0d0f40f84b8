-- Notices to browsers: who listens, what is on its way, and the key by which push
-- services know this installation. All three are sealed.

-- +goose Up
CREATE TABLE push_key (
    id     BIGINT PRIMARY KEY, -- 1: there is one
    sealed BYTEA NOT NULL
) WITHOUT ROWID;

CREATE TABLE push_subscription (
    person  BIGINT NOT NULL REFERENCES person (id),
    browser BYTEA NOT NULL, -- the device, as in device
    sealed  BYTEA NOT NULL,
    added   BIGINT NOT NULL,
    PRIMARY KEY (person, browser)
) WITHOUT ROWID;

CREATE TABLE push_notice (
    id      BIGINT PRIMARY KEY,
    person  BIGINT NOT NULL REFERENCES person (id),
    browser BYTEA NOT NULL,
    sealed  BYTEA NOT NULL,  -- the subscription as it was: a notice outlives its end
    kind    BIGINT NOT NULL, -- account.AlterationKind
    device  TEXT NOT NULL,   -- whose doing it is, as that browser calls itself
    queued  BIGINT NOT NULL,
    tries   BIGINT NOT NULL,
    due     BIGINT NOT NULL  -- the next try; while one is under way, when it is taken for lost
) WITHOUT ROWID;

CREATE INDEX push_notice_due ON push_notice (due, id);

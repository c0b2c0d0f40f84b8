-- Whose sessions were all ended: enforcement points are told, so that what is live
-- in other software ends too.

-- +goose Up
CREATE TABLE parted (
    person BIGINT PRIMARY KEY REFERENCES person (id),
    seq    BIGINT NOT NULL, -- counter 'revocation'
    at     BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX parted_seq ON parted (seq);

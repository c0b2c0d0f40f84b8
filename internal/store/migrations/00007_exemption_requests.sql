-- Who asks for an exemption, and what was answered. One that is granted stands in
-- exemption too, under the number of its request; whether a request still waits,
-- or came to nothing in time, is computed from these facts and the clock.

-- +goose Up
CREATE TABLE exemption_request (
    id          BIGINT PRIMARY KEY,
    order_id    TEXT NOT NULL REFERENCES order_record (id),
    school      TEXT NOT NULL,
    member      BIGINT NOT NULL,
    person      BIGINT NOT NULL, -- who asks, and whose membership it is
    from_at     BIGINT NOT NULL,
    until_at    BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    answered    BIGINT NOT NULL, -- 0: not yet
    answered_by BIGINT NOT NULL,
    authority   TEXT NOT NULL,
    refusal     TEXT NOT NULL    -- why not; '' in one that waits or is granted
) WITHOUT ROWID;

CREATE INDEX exemption_request_order ON exemption_request (order_id, answered, id);

CREATE INDEX exemption_request_member ON exemption_request (school, member, order_id, id);

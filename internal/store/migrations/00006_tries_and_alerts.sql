-- Failed tries are forgotten soon, successes late; words to the protection
-- contact are found without walking a mailbox.

-- +goose Up
CREATE INDEX sign_in_try_failed ON sign_in_try (at) WHERE ok = 0;

CREATE INDEX message_alert ON message (school, id) WHERE kind = 1;

-- +goose Up

-- First responses to requests that carried a request id, each sealed with a key made from that id, which is not stored.
CREATE TABLE stored_responses (
    digest bytea       PRIMARY KEY,
    sealed bytea       NOT NULL,
    at     timestamptz NOT NULL
);
CREATE INDEX stored_responses_at ON stored_responses (at);

-- +goose Down
DROP TABLE stored_responses;

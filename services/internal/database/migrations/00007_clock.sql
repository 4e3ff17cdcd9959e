-- +goose Up

-- Time that a job of the service last saw; see package jobs. No row before the first.
CREATE TABLE clock_seen (
    singleton boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    seen      timestamptz NOT NULL
);

-- +goose Down
DROP TABLE clock_seen;

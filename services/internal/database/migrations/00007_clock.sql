-- +goose Up

-- Time that a job of the service last saw; see package jobs. A service that has a journal begins with its newest time: no clock is
-- believed at the first start after an upgrade. Else there is no row before the first job.
CREATE TABLE clock_seen (
    singleton boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
    seen      timestamptz NOT NULL
);
INSERT INTO clock_seen (seen) SELECT max(at) FROM journal HAVING max(at) IS NOT NULL;

-- +goose Down
DROP TABLE clock_seen;

-- +goose Up

-- The day on which a job that opens what is owed last ran through, so that an outage leaves nothing out.
CREATE TABLE opening_days (
    job text PRIMARY KEY,
    day date NOT NULL
);

-- +goose Down
DROP TABLE opening_days;

-- +goose Up

-- Versions of schemes in force by which a job has planned its reminders, as they were stored: another one may have other reminders.
CREATE TABLE schemes_planned (
    job            text        NOT NULL,
    scheme_id      text        NOT NULL,
    effective_from date        NOT NULL,
    store_time     timestamptz NOT NULL,
    PRIMARY KEY (job, scheme_id, effective_from, store_time)
);

-- +goose Down
DROP TABLE schemes_planned;

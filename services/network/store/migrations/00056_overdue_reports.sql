-- +goose Up

-- What is still to be sent, below a unit (C12).
CREATE INDEX reports_unsent_below ON reports (unit_path, close_on) WHERE submit_on IS NULL AND NOT exempted;

-- +goose Down
DROP INDEX reports_unsent_below;

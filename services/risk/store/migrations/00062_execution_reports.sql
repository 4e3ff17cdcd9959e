-- +goose Up

-- Decisions of which the executor's unit reported that they are carried out, and that wait for the unit that decided (T11).
ALTER TABLE decisions ADD COLUMN execution_reported boolean NOT NULL GENERATED ALWAYS AS (
    body ->> 'state' = 'DECISION_STATE_ADOPTED' AND body ? 'executionReport' AND NOT body -> 'executionReport' ? 'returnReason') STORED;
CREATE INDEX decisions_execution_reported ON decisions (unit_path, key) WHERE execution_reported;

-- +goose Down
ALTER TABLE decisions DROP COLUMN execution_reported;

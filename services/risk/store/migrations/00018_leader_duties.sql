-- +goose Up

-- Duties of leaders, which are controls without a risk point: one for each position, duty and time (T18).
ALTER TABLE controls
    ALTER COLUMN risk_point DROP NOT NULL, ALTER COLUMN form DROP NOT NULL, ALTER COLUMN grade DROP NOT NULL,
    ADD COLUMN duty text GENERATED ALWAYS AS (body ->> 'duty') STORED,
    ADD COLUMN period_from date GENERATED ALWAYS AS (date_of(body ->> 'periodFrom')) STORED;
CREATE INDEX controls_duty ON controls (duty, unit_path, key) WHERE duty IS NOT NULL;
CREATE UNIQUE INDEX controls_duty_once ON controls (owner_position, duty, period_from) WHERE duty IS NOT NULL;
CREATE INDEX controls_duty_owner ON controls (unit_path, owner_position) WHERE duty IS NOT NULL;

-- The days by which a duty was to be done, of its state, days and body, and those on which it was, as due_records has them. It sets no
-- search path, so that it becomes part of the query that asks; what it calls was found when it was made.
-- +goose StatementBegin
CREATE FUNCTION duty_days(state text, due_on date, done_on date, body jsonb) RETURNS TABLE (due_on date, done_on date)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT $2, $3 WHERE $1 <> 'CONTROL_STATE_CANCELLED'
    UNION ALL
    SELECT date_of(c ->> 'dueOn'), date_of(c ->> 'doneOn') FROM jsonb_array_elements($4 -> 'checks') AS c WHERE NOT c ? 'effective';
END;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION duty_days;
DELETE FROM controls WHERE risk_point IS NULL;
DROP INDEX controls_duty_owner, controls_duty_once, controls_duty;
ALTER TABLE controls DROP COLUMN period_from, DROP COLUMN duty,
    ALTER COLUMN grade SET NOT NULL, ALTER COLUMN form SET NOT NULL, ALTER COLUMN risk_point SET NOT NULL;

-- +goose Up

-- Duties of leaders, which are controls without a risk point: one for each position, duty and time (T18).
ALTER TABLE controls
    ALTER COLUMN risk_point DROP NOT NULL, ALTER COLUMN form DROP NOT NULL, ALTER COLUMN grade DROP NOT NULL,
    ADD COLUMN duty text GENERATED ALWAYS AS (body ->> 'duty') STORED,
    ADD COLUMN period_from date GENERATED ALWAYS AS (date_of(body ->> 'periodFrom')) STORED;
CREATE INDEX controls_duty ON controls (duty, unit_path, key) WHERE duty IS NOT NULL;
CREATE UNIQUE INDEX controls_duty_once ON controls (owner_position, duty, period_from) WHERE duty IS NOT NULL;

-- +goose Down
DELETE FROM controls WHERE risk_point IS NULL;
DROP INDEX controls_duty_once, controls_duty;
ALTER TABLE controls DROP COLUMN period_from, DROP COLUMN duty,
    ALTER COLUMN grade SET NOT NULL, ALTER COLUMN form SET NOT NULL, ALTER COLUMN risk_point SET NOT NULL;

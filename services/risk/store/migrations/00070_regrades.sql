-- +goose Up

-- Risk points in force of which another grade is owed, why, by when, and when that is reminded of next (T3).
ALTER TABLE risk_points
    ADD COLUMN regrade_cause text GENERATED ALWAYS AS (body ->> 'regradeCause') STORED,
    ADD COLUMN regrade_by date GENERATED ALWAYS AS (date_of(body ->> 'regradeBy')) STORED,
    ADD COLUMN regrade_remind_on date GENERATED ALWAYS AS (date_of(body ->> 'regradeRemindOn')) STORED;
CREATE INDEX risk_points_regrade ON risk_points (unit_path, key, regrade_cause) WHERE regrade_cause IS NOT NULL;
CREATE INDEX risk_points_regrade_by ON risk_points (region, key) WHERE regrade_by IS NOT NULL;
CREATE INDEX risk_points_regrade_remind ON risk_points (regrade_remind_on) WHERE regrade_remind_on IS NOT NULL;

-- Positions whose tier was changed: the grades of what lies with them may be others by now. Rows are only added and deleted.
CREATE TABLE retiered_positions (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position text NOT NULL
);

-- +goose Down
DROP TABLE retiered_positions;
ALTER TABLE risk_points DROP COLUMN regrade_remind_on, DROP COLUMN regrade_by, DROP COLUMN regrade_cause;

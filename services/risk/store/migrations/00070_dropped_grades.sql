-- +goose Up

-- Risk points in force with grades that schemes have dropped wait to be graded anew (T3).
ALTER TABLE risk_points
    ADD COLUMN grade_dropped_on date GENERATED ALWAYS AS (date_of(body ->> 'gradeDroppedOn')) STORED,
    ADD COLUMN regrade_remind_on date GENERATED ALWAYS AS (date_of(body ->> 'regradeRemindOn')) STORED;
CREATE INDEX risk_points_grade_dropped ON risk_points (unit_path, key) WHERE grade_dropped_on IS NOT NULL;
CREATE INDEX risk_points_regrade_remind ON risk_points (regrade_remind_on) WHERE regrade_remind_on IS NOT NULL;

-- +goose Down
ALTER TABLE risk_points DROP COLUMN regrade_remind_on, DROP COLUMN grade_dropped_on;

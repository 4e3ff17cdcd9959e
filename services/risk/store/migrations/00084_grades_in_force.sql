-- +goose Up

-- The grade of the version in force of a risk point, beside that of what is written (T3).
ALTER TABLE risk_points ADD COLUMN grade_in_force text GENERATED ALWAYS AS (body ->> 'gradeInForce') STORED;
CREATE INDEX risk_points_grade_in_force ON risk_points (grade_in_force, unit_path, key) WHERE grade_in_force IS NOT NULL;

-- +goose Down
ALTER TABLE risk_points DROP COLUMN grade_in_force;

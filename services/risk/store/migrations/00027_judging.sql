-- +goose Up

-- Until when what is done or handed in waits for who judges it, and when that one is reminded next (J4, T8, T11, T12, T16).
ALTER TABLE controls
    ADD COLUMN judge_by date GENERATED ALWAYS AS (date_of(body #>> '{judging,dueOn}')) STORED,
    ADD COLUMN judge_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{judging,remindOn}')) STORED;
CREATE INDEX controls_judge ON controls (unit_path, key, judge_by) WHERE judge_by IS NOT NULL;
CREATE INDEX controls_judge_remind ON controls (judge_remind_on) WHERE judge_remind_on IS NOT NULL;
ALTER TABLE deficiencies
    ADD COLUMN judge_by date GENERATED ALWAYS AS (date_of(body #>> '{judging,dueOn}')) STORED,
    ADD COLUMN judge_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{judging,remindOn}')) STORED;
CREATE INDEX deficiencies_judge ON deficiencies (unit_path, key, judge_by) WHERE judge_by IS NOT NULL;
CREATE INDEX deficiencies_judge_remind ON deficiencies (judge_remind_on) WHERE judge_remind_on IS NOT NULL;
ALTER TABLE decisions
    ADD COLUMN judge_by date GENERATED ALWAYS AS (date_of(body #>> '{judging,dueOn}')) STORED,
    ADD COLUMN judge_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{judging,remindOn}')) STORED;
CREATE INDEX decisions_judge ON decisions (unit_path, key, judge_by) WHERE judge_by IS NOT NULL;
CREATE INDEX decisions_judge_remind ON decisions (judge_remind_on) WHERE judge_remind_on IS NOT NULL;
ALTER TABLE power_items
    ADD COLUMN judge_by date GENERATED ALWAYS AS (date_of(body #>> '{standing,judging,dueOn}')) STORED,
    ADD COLUMN judge_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{standing,judging,remindOn}')) STORED;
CREATE INDEX power_items_judge ON power_items (unit_path, key, judge_by) WHERE judge_by IS NOT NULL;
CREATE INDEX power_items_judge_remind ON power_items (judge_remind_on) WHERE judge_remind_on IS NOT NULL;
ALTER TABLE risk_points
    ADD COLUMN judge_by date GENERATED ALWAYS AS (date_of(body #>> '{standing,judging,dueOn}')) STORED,
    ADD COLUMN judge_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{standing,judging,remindOn}')) STORED;
CREATE INDEX risk_points_judge ON risk_points (unit_path, key, judge_by) WHERE judge_by IS NOT NULL;
CREATE INDEX risk_points_judge_remind ON risk_points (judge_remind_on) WHERE judge_remind_on IS NOT NULL;

-- Which unit is to carry a decision out, and so reads it (T11).
ALTER TABLE decisions ADD COLUMN executor_unit text GENERATED ALWAYS AS (body ->> 'executorUnit') STORED;
CREATE INDEX decisions_executor ON decisions (executor_unit, unit_path, key) WHERE executor_unit IS NOT NULL;

-- +goose Down
ALTER TABLE decisions DROP COLUMN executor_unit;
ALTER TABLE controls DROP COLUMN judge_remind_on, DROP COLUMN judge_by;
ALTER TABLE deficiencies DROP COLUMN judge_remind_on, DROP COLUMN judge_by;
ALTER TABLE decisions DROP COLUMN judge_remind_on, DROP COLUMN judge_by;
ALTER TABLE power_items DROP COLUMN judge_remind_on, DROP COLUMN judge_by;
ALTER TABLE risk_points DROP COLUMN judge_remind_on, DROP COLUMN judge_by;

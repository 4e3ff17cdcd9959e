-- +goose Up

-- Until when a deferral waits for who judges it, and when that one is reminded next (T10).
ALTER TABLE rotations
    ADD COLUMN judge_by date GENERATED ALWAYS AS (date_of(body #>> '{judging,dueOn}')) STORED,
    ADD COLUMN judge_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{judging,remindOn}')) STORED;
CREATE INDEX rotations_judge ON rotations (unit_path, key, judge_by) WHERE judge_by IS NOT NULL;
CREATE INDEX rotations_judge_remind ON rotations (judge_remind_on) WHERE judge_remind_on IS NOT NULL;

-- Accounts that let a unit off in a stage: whoever lets the unit off that runs the campaign does not close the stage (J5, T21).
ALTER TABLE campaign_units ADD COLUMN waiving_accounts text[] NOT NULL DEFAULT '{}';

-- +goose Down
ALTER TABLE campaign_units DROP COLUMN waiving_accounts;
ALTER TABLE rotations DROP COLUMN judge_remind_on, DROP COLUMN judge_by;

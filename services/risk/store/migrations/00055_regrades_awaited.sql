-- +goose Up

-- Upheld objections to risk points of which neither a grade followed nor that none does, and until when they wait (J6, T4, T22).
ALTER TABLE comments
    ADD COLUMN to_regrade boolean NOT NULL GENERATED ALWAYS AS (
        body ->> 'state' = 'COMMENT_STATE_UPHELD' AND coalesce(starts_with(body ->> 'entry', 'riskPoints/'), false)
        AND NOT body ? 'regradedVersion' AND NOT body ? 'noRegradeReason') STORED,
    ADD COLUMN judge_by date GENERATED ALWAYS AS (date_of(body #>> '{judging,dueOn}')) STORED,
    ADD COLUMN judge_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{judging,remindOn}')) STORED;
CREATE INDEX comments_to_regrade ON comments (unit_path, key) WHERE to_regrade;
CREATE INDEX comments_to_regrade_of ON comments ((body ->> 'entry')) WHERE to_regrade;
CREATE INDEX comments_judge ON comments (unit_path, key, judge_by) WHERE judge_by IS NOT NULL;
CREATE INDEX comments_judge_remind ON comments (judge_remind_on) WHERE judge_remind_on IS NOT NULL;

-- +goose Down
ALTER TABLE comments DROP COLUMN judge_remind_on, DROP COLUMN judge_by, DROP COLUMN to_regrade;

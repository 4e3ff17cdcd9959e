-- +goose Up

-- Until when decisions are to be prepared and made (T11).
ALTER TABLE decisions
    ADD COLUMN decide_by date GENERATED ALWAYS AS (date_of(body ->> 'decideBy')) STORED,
    ADD COLUMN decide_remind_on date GENERATED ALWAYS AS (date_of(body ->> 'decideRemindOn')) STORED;
CREATE INDEX decisions_prepared ON decisions (unit_path, key, decide_by) WHERE state = 'DECISION_STATE_PREPARING';
CREATE INDEX decisions_decide_remind ON decisions (decide_remind_on) WHERE decide_remind_on IS NOT NULL;

-- +goose Down
ALTER TABLE decisions DROP COLUMN decide_remind_on, DROP COLUMN decide_by;

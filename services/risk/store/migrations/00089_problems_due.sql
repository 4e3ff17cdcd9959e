-- +goose Up

-- Until when common problems are to be studied (J4).
ALTER TABLE common_problems
    ADD COLUMN due_on date GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    ADD COLUMN remind_on date GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED;
CREATE INDEX common_problems_remind ON common_problems (remind_on) WHERE remind_on IS NOT NULL;

-- +goose Down
ALTER TABLE common_problems DROP COLUMN remind_on, DROP COLUMN due_on;

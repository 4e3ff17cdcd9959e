-- +goose Up

-- When a report was to be filed outside the tree and when it was, for the figure of that (T9, T17). Reminders go by the schedule.
ALTER TABLE reports
    DROP COLUMN filing_remind_on,
    ADD COLUMN file_by date GENERATED ALWAYS AS (date_of(CASE
        WHEN state IN ('REPORT_STATE_SUBMITTED', 'REPORT_STATE_ACCEPTED') OR body ? 'filedOn' THEN body #>> '{filingDue,due}' END)) STORED,
    ADD COLUMN filed_on date GENERATED ALWAYS AS (date_of(body ->> 'filedOn')) STORED;
CREATE INDEX reports_file_by ON reports (unit_id, file_by) WHERE file_by IS NOT NULL;

-- +goose Down
ALTER TABLE reports
    DROP COLUMN filed_on, DROP COLUMN file_by,
    ADD COLUMN filing_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{filingDue,remindOn}')) STORED;

-- +goose Up

-- By when a report that was sent is to be filed outside the tree, and when its unit is reminded of that (T9, T17, T23).
ALTER TABLE reports
    ADD COLUMN filing_due_on date GENERATED ALWAYS AS (date_of(CASE
        WHEN state IN ('REPORT_STATE_SUBMITTED', 'REPORT_STATE_ACCEPTED') AND NOT body ? 'filedOn' THEN body #>> '{filingDue,due}' END)) STORED,
    ADD COLUMN filing_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{filingDue,remindOn}')) STORED;
CREATE INDEX reports_unfiled ON reports (period_first, unit_id, schedule_id) WHERE filing_due_on IS NOT NULL;
CREATE INDEX reports_filing_due ON reports (filing_due_on) WHERE filing_due_on IS NOT NULL;

-- +goose Down
ALTER TABLE reports DROP COLUMN filing_remind_on, DROP COLUMN filing_due_on;

-- +goose Up

-- Until when the inspected were to be asked about the inspectors, when they were, and the unit that was to have them asked: the one that
-- did or, before that, the one above (T15).
ALTER TABLE appointments
    ADD COLUMN feedback_due date GENERATED ALWAYS AS (date_of(coalesce(
        jsonb_path_query_first(body, '$.feedback[*] ? (exists(@.dueOn)).dueOn') #>> '{}', body #>> '{judging,dueOn}'))) STORED,
    ADD COLUMN feedback_on date GENERATED ALWAYS AS (date_of(
        jsonb_path_query_first(body, '$.feedback[*] ? (exists(@.dueOn)).recordedOn') #>> '{}')) STORED,
    ADD COLUMN feedback_unit text NOT NULL GENERATED ALWAYS AS (coalesce(
        split_part(jsonb_path_query_first(body, '$.feedback[*] ? (exists(@.dueOn)).unit') #>> '{}', '/', 2),
        subpath(unit_path, greatest(nlevel(unit_path) - 2, 0), 1)::text)) STORED;
CREATE INDEX appointments_feedback_due ON appointments (feedback_unit, feedback_due) WHERE feedback_due IS NOT NULL;

CREATE VIEW due_feedback AS
SELECT 'risk.feedback_on_time'::text AS measure, region, key, feedback_unit AS unit_id, unit_path,
       feedback_due AS due_on, feedback_on AS done_on
FROM appointments WHERE feedback_due IS NOT NULL;

-- +goose Down
DROP VIEW due_feedback;
ALTER TABLE appointments DROP COLUMN feedback_unit, DROP COLUMN feedback_on, DROP COLUMN feedback_due;

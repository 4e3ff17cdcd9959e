-- +goose Up

-- What units are to do by a day, and the day on which they did it, by the measure that counts it (T24). What was cancelled, replaced
-- or lapsed before it was done was nobody's to do; duties of leaders are no controls of risk points and have their own measure. What was
-- sent back counts once for each day that was set: a new one does not make good that the last was missed. Each part has one measure, so
-- that what asks for another leaves it out.
CREATE VIEW due_records AS
SELECT 'risk.controls_on_time'::text AS measure, region, key, unit_id, unit_path, due_on, done_on
FROM controls WHERE state <> 'CONTROL_STATE_CANCELLED' AND duty IS NULL
UNION ALL
SELECT 'risk.duties_on_time', region, key, unit_id, unit_path, due_on, done_on
FROM controls WHERE state <> 'CONTROL_STATE_CANCELLED' AND duty IS NOT NULL
UNION ALL
SELECT 'risk.deficiencies_on_time', region, key, unit_id, unit_path, due_on, corrected_on FROM deficiencies
WHERE state <> 'DEFICIENCY_STATE_WITHDRAWN'
UNION ALL
SELECT 'risk.controls_on_time', region, key, unit_id, unit_path, date_of(c ->> 'dueOn'), date_of(c ->> 'doneOn')
FROM controls, jsonb_array_elements(body -> 'checks') AS c
WHERE body ? 'checks' AND NOT c ? 'effective' AND duty IS NULL
UNION ALL
SELECT 'risk.duties_on_time', region, key, unit_id, unit_path, date_of(c ->> 'dueOn'), date_of(c ->> 'doneOn')
FROM controls, jsonb_array_elements(body -> 'checks') AS c
WHERE body ? 'checks' AND NOT c ? 'effective' AND duty IS NOT NULL
UNION ALL
SELECT 'risk.deficiencies_on_time', region, key, unit_id, unit_path, date_of(c ->> 'dueOn'), date_of(c ->> 'correctedOn')
FROM deficiencies, jsonb_array_elements(body -> 'checks') AS c
WHERE body ? 'checks' AND state <> 'DEFICIENCY_STATE_WITHDRAWN' AND NOT c ? 'confirmed'
UNION ALL
SELECT 'risk.checks_on_time', region, key, unit_id, unit_path, due_on, done_on FROM checks WHERE state <> 'CHECK_STATE_CANCELLED'
UNION ALL
SELECT 'risk.decisions_on_time', region, key, unit_id, unit_path, due_on, done_on FROM decisions
WHERE state IN ('DECISION_STATE_ADOPTED', 'DECISION_STATE_EXECUTED', 'DECISION_STATE_CLOSED')
UNION ALL
SELECT 'risk.decisions_filed_on_time', region, key, unit_id, unit_path, file_by, filed_on FROM decisions
WHERE filed_on IS NOT NULL OR state NOT IN ('DECISION_STATE_SUPERSEDED', 'DECISION_STATE_VOID')
UNION ALL
SELECT 'risk.rotations_on_time', region, key, unit_id, unit_path, due_on, left_on FROM rotations
WHERE state <> 'ROTATION_STATE_LAPSED'
UNION ALL
SELECT 'risk.openness_on_time', region, key, unit_id, unit_path, due_on, opened_on FROM openness_items
WHERE state <> 'OPENNESS_STATE_CANCELLED'
UNION ALL
SELECT 'risk.comments_on_time', region, key, unit_id, unit_path, due_on, answered_on FROM comments
WHERE state NOT IN ('COMMENT_STATE_WITHDRAWN', 'COMMENT_STATE_FOR_BODY_ABOVE')
UNION ALL
SELECT 'risk.redos_on_time', region, key, unit_id, unit_path, due_on, done_on FROM redos WHERE state <> 'REDO_STATE_WITHDRAWN';

CREATE INDEX controls_checked ON controls (unit_id) WHERE body ? 'checks';
CREATE INDEX deficiencies_checked ON deficiencies (unit_id) WHERE body ? 'checks';

-- +goose Down
DROP INDEX deficiencies_checked, controls_checked;
DROP VIEW due_records;

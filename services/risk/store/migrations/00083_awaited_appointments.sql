-- +goose Up

-- What appointments wait for (T15): the open ones are few beside those that are over.
CREATE INDEX appointments_open ON appointments (unit_path, key)
    WHERE state IN ('APPOINTMENT_STATE_NOMINATED', 'APPOINTMENT_STATE_QUALIFIED', 'APPOINTMENT_STATE_DECIDED');

-- Until when the inspected are to judge the inspectors, and when who has them asked is reminded next.
ALTER TABLE appointments
    ADD COLUMN judge_by date GENERATED ALWAYS AS (date_of(body #>> '{judging,dueOn}')) STORED,
    ADD COLUMN judge_remind_on date GENERATED ALWAYS AS (date_of(body #>> '{judging,remindOn}')) STORED;
CREATE INDEX appointments_judge ON appointments (unit_path, key, judge_by) WHERE judge_by IS NOT NULL;
CREATE INDEX appointments_judge_remind ON appointments (judge_remind_on) WHERE judge_remind_on IS NOT NULL;

-- The steps that an appointment waits for, in the order of AppointmentStep. Decision, poll and deficiencies are as they are now: who
-- changes them need not know of it.
CREATE FUNCTION appointment_awaits(body jsonb, state text) RETURNS text[] LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    WITH open AS (
        SELECT $2 IN ('APPOINTMENT_STATE_QUALIFIED', 'APPOINTMENT_STATE_DECIDED') AS checked,
               $2 = 'APPOINTMENT_STATE_QUALIFIED' AND $1 -> 'askedSteps' ? 'APPOINTMENT_STEP_INSPECTION' AND NOT $1 ? 'inspection'
                   AS inspection
        WHERE $2 IN ('APPOINTMENT_STATE_NOMINATED', 'APPOINTMENT_STATE_QUALIFIED', 'APPOINTMENT_STATE_DECIDED')
    ), missing AS (
        SELECT o.inspection, NOT o.checked AS qualification,
               o.checked AND $1 ? 'inspection' AND $1 -> 'askedSteps' ? 'APPOINTMENT_STEP_FEEDBACK'
                   AND NOT jsonb_path_exists($1, '$.feedback[*].answers[0]') AS feedback,
               o.checked AND $1 ? 'feedback' AND EXISTS (
                   SELECT FROM deficiencies d WHERE d.source = $1 ->> 'name'
                     AND d.state NOT IN ('DEFICIENCY_STATE_CONFIRMED', 'DEFICIENCY_STATE_WITHDRAWN')) AS correction,
               o.checked AND NOT coalesce(o.inspection, false) AND ($2 = 'APPOINTMENT_STATE_QUALIFIED' OR NOT EXISTS (
                   SELECT FROM decisions d WHERE d.region = region_of($1 ->> 'decision') AND d.key = key_of($1 ->> 'decision')
                     AND d.state IN ('DECISION_STATE_ADOPTED', 'DECISION_STATE_EXECUTED', 'DECISION_STATE_CLOSED'))) AS decision,
               $2 = 'APPOINTMENT_STATE_DECIDED' AND $1 -> 'askedSteps' ? 'APPOINTMENT_STEP_POLL' AND NOT EXISTS (
                   SELECT FROM polls p WHERE p.region = region_of($1 ->> 'poll') AND p.key = key_of($1 ->> 'poll')
                     AND p.state = 'POLL_STATE_CLOSED' AND p.body ->> 'outcome' IS DISTINCT FROM 'POLL_OUTCOME_INVALID') AS poll
        FROM open o
    ), named AS (
        SELECT array_remove(ARRAY[
            CASE WHEN qualification THEN 'APPOINTMENT_STEP_QUALIFICATION' END,
            CASE WHEN inspection THEN 'APPOINTMENT_STEP_INSPECTION' END,
            CASE WHEN feedback THEN 'APPOINTMENT_STEP_FEEDBACK' END,
            CASE WHEN correction THEN 'APPOINTMENT_STEP_CORRECTION' END,
            CASE WHEN decision THEN 'APPOINTMENT_STEP_DECISION' END,
            CASE WHEN poll THEN 'APPOINTMENT_STEP_POLL' END
        ], NULL) AS steps
        FROM missing
    )
    SELECT coalesce((SELECT CASE WHEN steps = '{}' THEN ARRAY['APPOINTMENT_STEP_APPOINTMENT'] ELSE steps END FROM named), '{}')
$$;

-- +goose Down
DROP FUNCTION appointment_awaits;
ALTER TABLE appointments DROP COLUMN judge_remind_on, DROP COLUMN judge_by;
DROP INDEX appointments_open;

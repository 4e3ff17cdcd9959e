-- +goose Up

-- What is material of a campaign is read by the units that take part (T28).
ALTER TABLE common_problems ADD COLUMN unit_id text NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED;
ALTER TABLE positions ADD COLUMN unit_id text NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED;
CREATE INDEX positions_of_unit ON positions (unit_id);
CREATE INDEX common_problems_of_unit ON common_problems (unit_id);
CREATE INDEX comments_of_unit ON comments (unit_id);
ALTER TABLE polls ADD COLUMN unit_id text NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED;
CREATE INDEX polls_of_unit ON polls (unit_id);
CREATE INDEX appointments_of_unit ON appointments (unit_id);
CREATE INDEX rotations_of_unit ON rotations (unit_id);
CREATE INDEX openness_items_of_unit ON openness_items (unit_id);

-- The day, in Asia/Shanghai, of a time.
CREATE FUNCTION day_of(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (at AT TIME ZONE 'Asia/Shanghai')::date;

-- What units have that a campaign may be about, by collection, with the days from which and until which it was under way: what has no
-- day on which it was given up, until it was due. The register stands as it is written, and as it was approved in each version, of
-- which one may have been replaced on its first day.
CREATE VIEW campaign_material AS
SELECT 'positions'::text AS collection, unit_id, unit_path, region, key, 0 AS version, body,
       '-infinity'::date AS begun_on, 'infinity'::date AS ended_on
FROM positions
UNION ALL
SELECT 'powerItems', unit_id, unit_path, region, key, 0, body, '-infinity', 'infinity'
FROM power_items WHERE state <> 'REGISTER_STATE_ENDED'
UNION ALL
SELECT 'powerItemVersions', p.unit_id, p.unit_path, region, key, v.version, v.body, v.effective_on, greatest(v.replaced_on - 1, v.effective_on)
FROM power_items p JOIN power_item_versions v USING (region, key)
UNION ALL
SELECT 'riskPoints', unit_id, unit_path, region, key, 0, body, '-infinity', 'infinity'
FROM risk_points WHERE state <> 'REGISTER_STATE_ENDED'
UNION ALL
SELECT 'riskPointVersions', p.unit_id, p.unit_path, region, key, v.version, v.body, v.effective_on, greatest(v.replaced_on - 1, v.effective_on)
FROM risk_points p JOIN risk_point_versions v USING (region, key)
UNION ALL
SELECT 'controls', unit_id, unit_path, region, key, 0, body, day_of(create_time), CASE state
           WHEN 'CONTROL_STATE_EFFECTIVE' THEN date_of(body #>> '{checks,-1,checkedOn}')
           WHEN 'CONTROL_STATE_CANCELLED' THEN due_on ELSE 'infinity' END
FROM controls
UNION ALL
SELECT 'commitments', unit_id, unit_path, region, key, 0, body, day_of(create_time), coalesce(lapsed_on, 'infinity')
FROM commitments
UNION ALL
SELECT 'redos', unit_id, unit_path, region, key, 0, body, day_of(create_time), coalesce(date_of(body ->> 'doneOn'), date_of(body ->> 'withdrawnOn'), 'infinity')
FROM redos
UNION ALL
SELECT 'commonProblems', unit_id, unit_path, region, key, 0, body, day_of(create_time), coalesce(date_of(body ->> 'studiedOn'), date_of(body ->> 'withdrawnOn'), 'infinity')
FROM common_problems
UNION ALL
SELECT 'comments', unit_id, unit_path, region, key, 0, body, day_of(create_time), coalesce(date_of(body ->> 'answeredOn'), date_of(body ->> 'withdrawnOn'), 'infinity')
FROM comments
UNION ALL
SELECT 'deficiencies', unit_id, unit_path, region, key, 0, body, day_of(create_time), CASE state
           WHEN 'DEFICIENCY_STATE_CONFIRMED' THEN date_of(body #>> '{checks,-1,checkedOn}')
           WHEN 'DEFICIENCY_STATE_WITHDRAWN' THEN due_on ELSE 'infinity' END
FROM deficiencies
UNION ALL
SELECT 'decisions', unit_id, unit_path, region, key, 0, body, day_of(create_time), CASE
           WHEN state IN ('DECISION_STATE_PREPARING', 'DECISION_STATE_ADOPTED', 'DECISION_STATE_EXECUTED') THEN 'infinity'
           WHEN state = 'DECISION_STATE_REJECTED' THEN date_of(body #>> '{meeting,heldOn}')
           WHEN state = 'DECISION_STATE_CLOSED' THEN greatest(date_of(body #>> '{checks,-1,checkedOn}'), done_on)
           ELSE due_on END
FROM decisions
UNION ALL
-- One that came to nothing has no day on which it did: it was under way until the last that was found of the candidate.
SELECT 'appointments', unit_id, unit_path, region, key, 0, body, day_of(create_time), CASE state
           WHEN 'APPOINTMENT_STATE_APPOINTED' THEN greatest(date_of(body ->> 'appointedFrom'), date_of(body ->> 'decisionFallenOn'))
           WHEN 'APPOINTMENT_STATE_REJECTED' THEN greatest(date_of(body #>> '{qualification,checkedOn}'), date_of(body #>> '{inspection,checkedOn}'), day_of(create_time))
           WHEN 'APPOINTMENT_STATE_LAPSED' THEN greatest(date_of(body #>> '{qualification,checkedOn}'), date_of(body #>> '{inspection,checkedOn}'), day_of(create_time))
           ELSE 'infinity' END
FROM appointments
UNION ALL
SELECT 'polls', unit_id, unit_path, region, key, 0, body, day_of(create_time), CASE state
           WHEN 'POLL_STATE_OPEN' THEN 'infinity' ELSE coalesce(date_of(body ->> 'closedOn'), held_on) END
FROM polls
UNION ALL
SELECT 'checks', unit_id, unit_path, region, key, 0, body, day_of(create_time), CASE state
           WHEN 'CHECK_STATE_REPORTED' THEN date_of(body ->> 'reportedOn')
           WHEN 'CHECK_STATE_CANCELLED' THEN due_on ELSE 'infinity' END
FROM checks
UNION ALL
SELECT 'rotations', unit_id, unit_path, region, key, 0, body, day_of(create_time), coalesce(date_of(body ->> 'endedOn'), 'infinity')
FROM rotations
UNION ALL
SELECT 'opennessItems', unit_id, unit_path, region, key, 0, body, day_of(create_time), CASE state
           WHEN 'OPENNESS_STATE_OPENED' THEN opened_on
           WHEN 'OPENNESS_STATE_CANCELLED' THEN due_on ELSE 'infinity' END
FROM openness_items;

-- +goose Down
DROP VIEW campaign_material;
DROP FUNCTION day_of;
DROP INDEX openness_items_of_unit, rotations_of_unit, appointments_of_unit, polls_of_unit;
ALTER TABLE polls DROP COLUMN unit_id;
DROP INDEX positions_of_unit, comments_of_unit, common_problems_of_unit;
ALTER TABLE common_problems DROP COLUMN unit_id;
ALTER TABLE positions DROP COLUMN unit_id;

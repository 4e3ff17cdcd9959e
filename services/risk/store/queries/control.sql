-- name: CountControls :many
-- Those of ended units count for the unit that acts for them. Overdue are those that are owed and whose day is past.
WITH counted AS (
    SELECT unit_path, unit_id, coalesce(grade, '') AS grade, coalesce(duty, '') AS duty, state, count(*) AS controls,
           count(*) FILTER (WHERE state = ANY (@owed::text[]) AND due_on < @today::date) AS overdue
    FROM controls
    WHERE unit_path <@ @subtree::ltree
    GROUP BY 1, 2, 3, 4, 5
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
           c.grade, c.duty, c.state, c.controls, c.overdue
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, grade::text AS grade, duty::text AS duty, state, sum(controls)::bigint AS controls,
       sum(overdue)::bigint AS overdue
FROM acting
GROUP BY path, grade, duty, state
ORDER BY path, grade, duty, state;

-- name: ControlGapOf :one
-- What a risk point of a unit whose records have a path would lack with a grade on a day.
SELECT g.missing_forms::text[] AS missing_forms, g.missing_count::integer AS missing_count, g.stage_forms::text[] AS stage_forms
FROM control_gap(
    controls_asked(@unit_path::ltree, @day::date), @grade::text, @stage::text, ARRAY(
        SELECT DISTINCT c.form FROM controls c WHERE c.risk_point = @risk_point::text AND NOT c.given_up
    )
) AS g (missing_forms, missing_count, stage_forms);

-- name: OwedForPoint :many
-- The controls of a risk point that are owed, in the order in which they are locked.
SELECT region, key FROM controls
WHERE risk_point = @risk_point::text AND state IN ('CONTROL_STATE_PLANNED', 'CONTROL_STATE_RETURNED')
ORDER BY region, key;

-- name: ControlsOfPoint :many
-- The controls of a risk point that are not given up, in the order in which they are locked.
SELECT region, key, state, owner_position FROM controls
WHERE risk_point = @risk_point::text AND NOT given_up
ORDER BY region, key;

-- name: PositionsWithDuty :many
-- Held positions of which schemes ask duties and that have none of the time from a day that stands beside the duty, each duty by itself,
-- after one of them.
SELECT p.region, p.key, p.unit_path, (r.rule ->> 'id')::text AS rule
FROM positions p CROSS JOIN LATERAL rules_asking(
    @rules::jsonb, @day::date, 'positions/' || p.region || '-' || p.key, p.unit_path, p.rank, p.tier
) AS r (rule)
WHERE (p.region, p.key) >= (@after_region::text, @after_key::text)
  AND (p.region, p.key, r.rule ->> 'id') > (@after_region::text, @after_key::text, @after_rule::text)
  AND holder_on(p.body, @day_text) IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM controls c
      WHERE c.owner_position = 'positions/' || p.region || '-' || p.key AND c.duty = r.rule ->> 'id'
        AND c.period_from = date_of(r.rule ->> 'from'))
  AND NOT EXISTS (SELECT FROM ended_units e WHERE e.unit_id = subpath(p.unit_path, -1)::text)
ORDER BY p.region, p.key, r.rule ->> 'id'
LIMIT @page;

-- name: ControlGaps :many
-- A page of the risk points of a subtree in force on a day, with what each lacks.
SELECT v.key, v.unit_path::text AS unit_path, v.body,
       g.missing_forms::text[] AS missing_forms, g.missing_count::integer AS missing_count, g.stage_forms::text[] AS stage_forms,
       grade_dropped(a.asked, v.grade)::boolean AS grade_dropped
FROM risk_point_versions v CROSS JOIN LATERAL (SELECT controls_asked(v.unit_path, @day::date) AS asked OFFSET 0) AS a
CROSS JOIN LATERAL control_gap(
    a.asked, v.grade, v.body ->> 'controlStage', ARRAY(
        SELECT DISTINCT c.form FROM controls c
        WHERE c.risk_point = 'riskPoints/' || v.region || '-' || v.key AND NOT c.given_up
    )
) AS g (missing_forms, missing_count, stage_forms)
WHERE (v.unit_path <@ @subtree::ltree) IS TRUE AND in_subtree(v.unit_path, @subtree::ltree)
  AND v.effective_on <= @day::date AND v.replaced_on > @day::date
  AND (v.unit_path, v.key) > (@after_path::ltree, @after_key::text)
ORDER BY v.unit_path, v.key
LIMIT @size::int;

-- name: StateOfPoint :one
-- The state of a risk point, by its name, which stays so until the transaction ends.
SELECT state FROM risk_points WHERE region = region_of(@name::text) AND key = key_of(@name::text) FOR SHARE;

-- name: CountDuties :many
-- A page of who was to do duties of leaders in a period, by position and whoever held it on their days or, of what was done before, on
-- the day on which it was; with how many were done by their days and how many are overdue. Where nobody held it, it is of whom it was
-- opened for. The positions come first, one more than the page has rows: the first may have been told of.
WITH owners AS MATERIALIZED (
    SELECT DISTINCT c.unit_path, c.owner_position FROM controls c
    WHERE c.duty IS NOT NULL AND (c.unit_path <@ @subtree::ltree) IS TRUE AND in_subtree(c.unit_path, @subtree::ltree)
      AND (c.unit_path, c.owner_position) >= (@after_path::ltree, @after_position::text)
      AND EXISTS (SELECT FROM duty_days(c.state, c.due_on, c.done_on, c.body) AS r (due_on, done_on)
                  WHERE r.due_on BETWEEN @first_day::date AND @last_day::date)
    ORDER BY c.unit_path, c.owner_position LIMIT @positions::integer
)
SELECT d.unit_path::text AS unit_path, d.owner_position, d.person, coalesce(p.body ->> 'title', '')::text AS title,
       d.due, d.on_time, d.overdue
FROM (
    SELECT o.unit_path, o.owner_position,
           coalesce(holder_of(o.owner_position, least(r.done_on, r.due_on)::text), c.body #>> '{owner,person}', '')::text AS person,
           count(*) AS due, count(*) FILTER (WHERE r.done_on <= r.due_on) AS on_time,
           count(*) FILTER (WHERE r.done_on IS NULL AND r.due_on < @today::date) AS overdue
    FROM owners o JOIN controls c ON c.unit_path = o.unit_path AND c.owner_position = o.owner_position AND c.duty IS NOT NULL
    CROSS JOIN LATERAL duty_days(c.state, c.due_on, c.done_on, c.body) AS r (due_on, done_on)
    WHERE r.due_on BETWEEN @first_day::date AND @last_day::date
    GROUP BY 1, 2, 3
) d LEFT JOIN positions p ON p.region = region_of(d.owner_position) AND p.key = key_of(d.owner_position)
WHERE (d.unit_path, d.owner_position, d.person) > (@after_path::ltree, @after_position::text, @after_person::text)
ORDER BY d.unit_path, d.owner_position, d.person
LIMIT @size;

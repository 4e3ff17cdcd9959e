-- name: CountControls :many
-- Those of ended units count for the unit that acts for them. Overdue are those that are owed and whose day is past.
WITH counted AS (
    SELECT unit_path, unit_id, grade, state, count(*) AS controls,
           count(*) FILTER (WHERE state = ANY (@owed::text[]) AND due_on < @today::date) AS overdue
    FROM controls
    WHERE unit_path <@ @subtree::ltree
    GROUP BY unit_path, unit_id, grade, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
           c.grade, c.state, c.controls, c.overdue
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, grade, state, sum(controls)::bigint AS controls, sum(overdue)::bigint AS overdue
FROM acting
GROUP BY path, grade, state
ORDER BY path, grade, state;

-- name: PointsWithForms :many
-- A page of the risk points of a subtree in force on a day, with the forms of the controls that each has.
SELECT v.region, v.key, v.unit_path::text AS unit_path, acting_path(v.unit_path)::text AS acting_path, v.body,
       ARRAY(SELECT DISTINCT c.form FROM controls c
             WHERE c.risk_point = 'riskPoints/' || v.region || '-' || v.key AND c.state <> @cancelled::text)::text[] AS forms
FROM risk_point_versions v
WHERE (v.unit_path <@ @subtree::ltree) IS TRUE AND in_subtree(v.unit_path, @subtree::ltree)
  AND v.effective_on <= @day::date AND v.replaced_on > @day::date
  AND (v.unit_path, v.key) > (@after_path::ltree, @after_key::text)
ORDER BY v.unit_path, v.key
LIMIT @size::int;

-- name: ControlsOnTime :many
-- Controls of units of a subtree that were to be done in a period, met once they were done by their day. The first named ones are
-- named.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE c.done_on <= c.due_on) AS met,
       (array_agg(c.region || '-' || c.key ORDER BY c.key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN controls c ON c.unit_id = f.unit_id
WHERE c.unit_path <@ @root::ltree AND c.due_on BETWEEN @first_day::date AND @last_day::date AND c.state <> @cancelled::text
GROUP BY f.acting_id;

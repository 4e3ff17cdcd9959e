-- name: RisksOfPower :many
-- The risk points of a power that are in force on a day, by their grades in an order, with the forms of their controls.
SELECT v.grade, coalesce(v.body ->> 'step', '')::text AS step, coalesce(v.body ->> 'description', '')::text AS description,
       coalesce(v.body #>> '{owner,title}', '')::text AS owner, ARRAY(
           SELECT DISTINCT c.form FROM controls c
           WHERE c.risk_point = 'riskPoints/' || v.region || '-' || v.key AND NOT c.given_up ORDER BY c.form
       )::text[] AS forms
FROM risk_point_versions v
WHERE v.power_item = @power_item::text AND v.effective_on <= @day::date AND v.replaced_on > @day::date
ORDER BY array_position(@grades::text[], v.grade), v.key, v.region
LIMIT 100;

-- name: CountRiskPoints :many
-- Those of ended units count for the unit that acts for them.
WITH counted AS (
    SELECT unit_path, unit_id, grade, grade_in_force, state, count(*) AS points, sum(return_count) AS returns
    FROM risk_points
    WHERE unit_path <@ @subtree::ltree
    GROUP BY unit_path, unit_id, grade, grade_in_force, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
           c.grade, c.grade_in_force, c.state, c.points, c.returns
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, grade, coalesce(grade_in_force, '')::text AS grade_in_force, state,
       sum(points)::bigint AS points, sum(returns)::bigint AS returns
FROM acting
GROUP BY path, grade, grade_in_force, state
ORDER BY path, grade, grade_in_force NULLS FIRST, state;

-- name: CountProblems :many
-- Risk points that ever were sent back for a problem. Those of ended units count for the unit that acts for them.
WITH counted AS (
    SELECT p.unit_path, p.unit_id, c.problem, count(*) AS points
    FROM risk_points p CROSS JOIN LATERAL jsonb_array_elements_text(p.problems) AS c (problem)
    WHERE p.unit_path <@ @subtree::ltree AND p.problems IS NOT NULL
    GROUP BY p.unit_path, p.unit_id, c.problem
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path, c.problem, c.points
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, problem::text AS problem, sum(points)::bigint AS points
FROM acting
GROUP BY path, problem
ORDER BY path, problem;

-- name: CountRiskPointsOfPower :one
-- Risk points of a power item that have not ended, in which one may be left out.
SELECT count(*) FROM risk_points WHERE power_item = @power_item::text AND state <> @ended::text AND (region, key) <> (@region, @key);

-- name: PointsLeavingPower :one
-- Risk points of a power item that are in force and written to belong to it no more.
SELECT count(*) FROM risk_point_versions v JOIN risk_points p USING (region, key)
WHERE v.power_item = @power_item::text AND v.replaced_on = 'infinity' AND p.power_item IS DISTINCT FROM @power_item::text;

-- name: PointsOfPower :many
-- A page of the risk points of a power item that go where it goes, in the order in which they are locked: those that have not ended,
-- but for those that are in force otherwise.
SELECT p.region, p.key FROM risk_points p
LEFT JOIN risk_point_versions v ON v.region = p.region AND v.key = p.key AND v.replaced_on = 'infinity'
WHERE p.power_item = @power_item::text AND p.state <> @ended::text
  AND (p.version = 0 OR v.power_item = @power_item::text) AND (p.region, p.key) > (@after_region::text, @after_key::text)
ORDER BY p.region, p.key
LIMIT @page_size::int;

-- name: StepsInForceOfPower :many
-- The steps of a power in which risk points in force lie, as its version in force calls them.
SELECT r.step, r.points, coalesce((
    SELECT s ->> 'title' FROM power_item_versions i, jsonb_array_elements(i.body -> 'steps') s
    WHERE i.region = region_of(@power_item::text) AND i.key = key_of(@power_item::text) AND i.replaced_on = 'infinity'
      AND s ->> 'id' = r.step
), '')::text AS title
FROM (
    SELECT (body ->> 'step')::text AS step, count(*) AS points
    FROM risk_point_versions
    WHERE power_item = @power_item::text AND replaced_on = 'infinity' AND body ? 'step'
    GROUP BY 1
) r
ORDER BY r.step;

-- name: PositionsToRotate :many
-- Positions whose holder is due under a rule of a scheme by a day and has no rotation yet, after another one.
SELECT p.region, p.key, p.unit_path
FROM positions p
WHERE (p.region, p.key) > (@after_region, @after_key)
  AND (coalesce(cardinality(@ranks::text[]), 0) = 0 OR p.rank = ANY (@ranks::text[]))
  AND (coalesce(cardinality(@tiers::text[]), 0) = 0 OR p.tier = ANY (@tiers::text[]))
  AND date_of(held_since(p.body, @day_text)) + make_interval(months => @months::integer) <= @until::date
  AND NOT EXISTS (
      SELECT FROM rotations r
      WHERE r.position = 'positions/' || p.region || '-' || p.key AND r.person = holder_on(p.body, @day_text)
        AND r.since = held_since(p.body, @day_text) AND NOT r.ended)
  AND nearest_of(p.unit_path, @scheme_units::text[]) = @scheme_unit::text
  AND NOT EXISTS (SELECT FROM ended_units e WHERE e.unit_id = subpath(p.unit_path, -1)::text)
  AND (coalesce(cardinality(@grades::text[]), 0) = 0
       OR has_grade('positions/' || p.region || '-' || p.key, @grades::text[], @day::date))
ORDER BY p.region, p.key
LIMIT @page;

-- name: PositionsUnderSchemes :many
-- The scheme that holds for each of some positions, by its unit, and the grades of what lies with it or is its own on a day.
SELECT ('positions/' || p.region || '-' || p.key)::text AS name,
       coalesce(nearest_of(p.unit_path, @scheme_units::text[]), '')::text AS scheme_unit,
       ARRAY(SELECT v.grade FROM risk_point_versions v
             WHERE v.position = 'positions/' || p.region || '-' || p.key AND v.effective_on <= @day::date AND v.replaced_on > @day::date
             UNION
             SELECT v.grade FROM risk_point_versions v
             WHERE v.owner_position = 'positions/' || p.region || '-' || p.key
               AND v.effective_on <= @day::date AND v.replaced_on > @day::date)::text[] AS grades
FROM positions p
WHERE (p.region, p.key) IN (SELECT unnest(@regions::text[]), unnest(@keys::text[]));

-- name: CountRotations :many
-- Those of ended units count for the unit that acts for them.
WITH counted AS (
    SELECT unit_path, unit_id, state, count(*) AS n, count(*) FILTER (WHERE NOT ended AND due_on < @today::date) AS overdue
    FROM rotations
    WHERE unit_path <@ @subtree::ltree
    GROUP BY unit_path, unit_id, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path, c.state, c.n, c.overdue
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, state, sum(n)::bigint AS n, sum(overdue)::bigint AS overdue
FROM acting
GROUP BY path, state
ORDER BY path, state;

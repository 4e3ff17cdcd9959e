-- name: PositionsToRotate :many
-- Positions whose holder is due under a rule of schemes by the day that stands beside it and has no rotation yet, after one under
-- some rule.
SELECT DISTINCT ON (p.region, p.key) p.region, p.key, p.unit_path, (r.rule ->> 'id')::text AS rule
FROM positions p CROSS JOIN LATERAL rules_asking(
    @rules::jsonb, @day::date, 'positions/' || p.region || '-' || p.key, p.unit_path, p.rank, p.tier
) AS r (rule)
WHERE (p.region, p.key) >= (@after_region::text, @after_key::text)
  AND (p.region, p.key, r.rule ->> 'id') > (@after_region::text, @after_key::text, @after_rule::text)
  AND due_under(p.body, @day_text, r.rule) <= date_of(r.rule ->> 'until')
  AND NOT EXISTS (
      SELECT FROM rotations o
      WHERE o.position = 'positions/' || p.region || '-' || p.key AND o.person = holder_on(p.body, @day_text)
        AND o.since = held_since(p.body, @day_text) AND NOT o.ended)
  AND NOT EXISTS (SELECT FROM ended_units e WHERE e.unit_id = subpath(p.unit_path, -1)::text)
ORDER BY p.region, p.key, r.rule ->> 'id'
LIMIT @page;

-- name: RulesOfPositions :many
-- The scheme that holds for each of some positions, by its unit, and those of its rules that ask something of the position on a day.
SELECT ('positions/' || p.region || '-' || p.key)::text AS name, nearest_of(p.unit_path, @rules::jsonb)::text AS scheme_unit,
       ARRAY(SELECT r ->> 'id' FROM rules_asking(
           @rules::jsonb, @day::date, 'positions/' || p.region || '-' || p.key, p.unit_path, p.rank, p.tier
       ) AS r)::text[] AS rules
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

-- name: CountPowerItems :many
-- Those of ended units count for the unit that acts for them.
WITH counted AS (
    SELECT unit_path, unit_id, kind, state, count(*) AS powers, sum(return_count) AS returns
    FROM power_items
    WHERE unit_path <@ @subtree::ltree
    GROUP BY unit_path, unit_id, kind, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path, c.kind, c.state, c.powers,
           c.returns
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, kind, state, sum(powers)::bigint AS powers,
       sum(returns)::bigint AS returns
FROM acting
GROUP BY path, kind, state
ORDER BY path, kind, state;

-- name: CountPowerProblems :many
-- Power items that ever were sent back for a problem. Those of ended units count for the unit that acts for them.
WITH counted AS (
    SELECT p.unit_path, p.unit_id, c.problem, count(*) AS powers
    FROM power_items p CROSS JOIN LATERAL jsonb_array_elements_text(p.problems) AS c (problem)
    WHERE p.unit_path <@ @subtree::ltree AND p.problems IS NOT NULL
    GROUP BY p.unit_path, p.unit_id, c.problem
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path, c.problem, c.powers
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, problem::text AS problem, sum(powers)::bigint AS powers
FROM acting
GROUP BY path, problem
ORDER BY path, problem;

-- name: TitleOfPower :one
SELECT coalesce(body ->> 'title', '')::text AS title FROM power_items
WHERE region = region_of(@name::text) AND key = key_of(@name::text);

-- name: PositionTitles :many
SELECT region, key, (body ->> 'title')::text AS title FROM positions
WHERE (region, key) IN (SELECT unnest(@regions::text[]), unnest(@keys::text[]));

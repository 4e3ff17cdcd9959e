-- name: SearchMedians :many
-- The medians of a subtree: of what each unit found for a power and for a position, and of each term of the lists over all its
-- units. Units without powers have no points for a power.
WITH searched AS MATERIALIZED (
    SELECT s.powers::float8 AS powers, s.positions::float8 AS positions, s.points::float8 AS points, s.terms
    FROM searches(@subtree::ltree) AS s (path, powers, positions, points, terms)
), terms AS (
    SELECT DISTINCT l.list, t.term
    FROM searched s CROSS JOIN LATERAL jsonb_each(s.terms) AS l (list, terms) CROSS JOIN LATERAL jsonb_object_keys(l.terms) AS t (term)
)
SELECT 'units'::text AS list, ''::text AS term, count(*)::float8 AS median FROM searched
UNION ALL SELECT 'power', '', coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY points / nullif(powers, 0)), 0)::float8 FROM searched
UNION ALL SELECT 'position', '', coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY points / nullif(positions, 0)), 0)::float8 FROM searched
UNION ALL
SELECT t.list, t.term, percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce((s.terms -> t.list ->> t.term)::float8, 0))::float8
FROM terms t CROSS JOIN searched s
GROUP BY t.list, t.term
ORDER BY 1, 2;

-- name: Searches :many
-- What the units of a subtree found, by unit; only those that found less for a power or for a position than some numbers, unless
-- all are asked for.
WITH asked AS (
    SELECT @after::ltree AS after, @every::bool AS every, @per_power::float8 AS per_power, @per_position::float8 AS per_position
)
SELECT s.path::text AS path, s.powers::bigint AS powers, s.positions::bigint AS positions, s.points::bigint AS points,
       s.terms::text AS terms, s.without::bigint AS without, s.unapproved::bigint AS unapproved
FROM searches(@subtree::ltree) AS s (path, powers, positions, points, terms, without, unapproved) CROSS JOIN asked a
WHERE s.path > a.after AND (a.every OR s.points < a.per_power * s.powers OR s.points < a.per_position * s.positions)
ORDER BY s.path
LIMIT @size::int;

-- name: ActsForOne :one
-- Whether a unit is one of some, given by name, or acts for one of them.
SELECT EXISTS (
    SELECT FROM acted_for(ARRAY[@unit_id::text], @today::date) AS f (unit_id, acting_id)
    WHERE 'units/' || f.unit_id = ANY (@units::text[])
)::bool;

-- name: Registered :many
-- What of the register some units have, given with their paths: positions of their own, and power items, risk points and commitments of a
-- year also of ended units that they act for.
WITH acted AS MATERIALIZED (
    SELECT f.unit_id, f.acting_id FROM acted_for(@unit_ids::text[], @today::date) AS f (unit_id, acting_id)
)
SELECT u.unit_id::text AS unit_id,
       EXISTS (SELECT FROM positions p WHERE p.unit_path = u.path::ltree AND p.ended_on IS NULL) AS positions,
       EXISTS (SELECT FROM acted f JOIN power_items p ON p.unit_id = f.unit_id
               WHERE f.acting_id = u.unit_id AND p.state <> @ended::text) AS powers,
       EXISTS (SELECT FROM acted f JOIN risk_points p ON p.unit_id = f.unit_id
               WHERE f.acting_id = u.unit_id AND p.state <> @ended::text) AS points,
       EXISTS (SELECT FROM acted f JOIN commitments c ON c.unit_id = f.unit_id
               WHERE f.acting_id = u.unit_id AND c.year = @year::integer AND lasted(c.year, c.lapsed_on)) AS commitments
FROM (SELECT unnest(@unit_ids::text[]) AS unit_id, unnest(@paths::text[]) AS path) AS u;

-- name: PointsBelow :many
-- Risk points in force of units, given with their paths, and all below each, by grade; and how many of these have no control.
SELECT a.unit_id::text AS unit_id, p.grade, count(*) AS points, count(*) FILTER (WHERE NOT EXISTS (
           SELECT FROM controls c
           WHERE c.risk_point = 'riskPoints/' || p.region || '-' || p.key AND NOT c.given_up
       )) AS uncontrolled
FROM (SELECT unnest(@unit_ids::text[]) AS unit_id, unnest(@paths::text[])::ltree AS path) a
JOIN risk_point_versions p ON in_subtree(p.unit_path, a.path) AND p.replaced_on = 'infinity'
GROUP BY a.unit_id, p.grade
ORDER BY a.unit_id, p.grade;

-- name: CausesBelow :many
-- The most frequent causes of the same risk points, by unit.
SELECT unit_id::text AS unit_id, cause::text AS cause, points
FROM (
    SELECT a.unit_id, c.cause, count(*) AS points,
           row_number() OVER (PARTITION BY a.unit_id ORDER BY count(*) DESC, c.cause) AS place
    FROM (SELECT unnest(@unit_ids::text[]) AS unit_id, unnest(@paths::text[])::ltree AS path) a
    JOIN risk_point_versions p ON in_subtree(p.unit_path, a.path) AND p.replaced_on = 'infinity'
    CROSS JOIN LATERAL unnest(p.causes) AS c (cause)
    GROUP BY a.unit_id, c.cause
) counted
WHERE place <= @most::bigint
ORDER BY unit_id, place;

-- name: MisgradedBelow :many
-- Risk points in force of which another grade is owed, of units and all below each.
SELECT a.unit_id::text AS unit_id, count(*) AS points
FROM (SELECT unnest(@unit_ids::text[]) AS unit_id, unnest(@paths::text[])::ltree AS path) a
JOIN risk_points p ON in_subtree(p.unit_path, a.path) AND p.regrade_cause IS NOT NULL
GROUP BY a.unit_id;

-- name: DeficienciesBelow :many
-- Deficiencies of units and all below each, or that positions there answer for, that are neither put right nor taken back, by kind, and
-- how many of these deviate from a decision.
WITH asked AS (
    SELECT unnest(@unit_ids::text[]) AS unit_id, unnest(@paths::text[])::ltree AS path
), found AS (
    SELECT a.unit_id, d.kind, d.source
    FROM asked a JOIN deficiencies d ON in_subtree(d.unit_path, a.path)
        AND d.state IN ('DEFICIENCY_STATE_OPEN', 'DEFICIENCY_STATE_CORRECTED', 'DEFICIENCY_STATE_RETURNED')
    UNION ALL
    SELECT a.unit_id, d.kind, d.source
    FROM answered_elsewhere d CROSS JOIN LATERAL unnest(string_to_array(d.owner_path::text, '.')) AS u (id)
    JOIN asked a ON a.unit_id = u.id
    WHERE NOT d.unit_path <@ a.path
)
SELECT unit_id::text AS unit_id, kind, count(*) AS deficiencies, count(*) FILTER (WHERE source LIKE 'decisions/%') AS deviations
FROM found GROUP BY unit_id, kind ORDER BY unit_id, kind;

-- name: OverdueBelow :many
-- What is overdue of units and all below each, by sort. A deficiency counts for the unit of the position that answers for it as well. It
-- is filed by a unit above its own: for that one and those above it.
WITH asked AS (
    SELECT unnest(@unit_ids::text[]) AS unit_id, unnest(@paths::text[])::ltree AS path
), found AS (
    SELECT a.unit_id, o.sort, o.records
    FROM asked a CROSS JOIN LATERAL ( -- so that each part is read by its index for each unit, and not held against all of them
        SELECT r.sort, count(*) AS records FROM owed_records r
        WHERE in_subtree(r.unit_path, a.path) AND r.due_on < @today::date
        GROUP BY r.sort
    ) o
    UNION ALL
    SELECT a.unit_id, 'deficiencies', count(*)
    FROM answered_elsewhere d CROSS JOIN LATERAL unnest(string_to_array(d.owner_path::text, '.')) AS u (id)
    JOIN asked a ON a.unit_id = u.id
    WHERE NOT d.unit_path <@ a.path AND d.state <> 'DEFICIENCY_STATE_CORRECTED' AND d.due_on < @today::date
    GROUP BY a.unit_id
    UNION ALL
    SELECT a.unit_id, 'filings', count(*)
    FROM asked a JOIN deficiencies d ON in_subtree(d.unit_path, a.path) AND d.unfiled AND d.file_by < @today::date
    CROSS JOIN LATERAL judging_unit(d.unit_path, d.body ->> 'foundBy', d.body #>> '{owner,unit}', @today::date) AS j (unit_id)
    WHERE array_position(string_to_array(d.unit_path::text, '.'), j.unit_id) >= nlevel(a.path)
    GROUP BY a.unit_id
)
SELECT unit_id::text AS unit_id, sort::text AS sort, sum(records)::bigint AS records
FROM found GROUP BY unit_id, sort ORDER BY unit_id, sort;

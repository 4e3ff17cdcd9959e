-- name: CountChecks :many
-- Those of ended units count for the unit that acts for them. Overdue are those that are not reported and whose day is past.
WITH counted AS (
    SELECT c.unit_path, c.unit_id, c.kind, c.state, count(*) AS checks,
           count(*) FILTER (WHERE c.state = ANY (@owed::text[]) AND c.due_on < @today::date) AS overdue,
           sum(d.found) AS found, sum(d.owed) AS owed
    FROM checks c
    CROSS JOIN LATERAL (
        SELECT count(*) AS found, count(*) FILTER (WHERE f.state = ANY (@to_correct::text[])) AS owed
        FROM deficiencies f WHERE f.source = 'checks/' || c.region || '-' || c.key
    ) d
    WHERE c.unit_path <@ @subtree::ltree
    GROUP BY c.unit_path, c.unit_id, c.kind, c.state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path, c.*
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, kind, state, sum(checks)::bigint AS checks, sum(overdue)::bigint AS overdue,
       sum(found)::bigint AS found, sum(owed)::bigint AS owed
FROM acting
GROUP BY path, kind, state
ORDER BY path, kind, state;

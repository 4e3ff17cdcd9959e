-- name: CountDeficiencies :many
-- Those of ended units count for the unit that acts for them. Overdue are those that are to be corrected and whose day is past.
WITH counted AS (
    SELECT unit_path, unit_id, kind, state, count(*) AS deficiencies,
           count(*) FILTER (WHERE state = ANY (@owed::text[]) AND due_on < @today::date) AS overdue,
           count(*) FILTER (WHERE unfiled) AS unfiled
    FROM deficiencies
    WHERE unit_path <@ @subtree::ltree
    GROUP BY unit_path, unit_id, kind, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
           c.kind, c.state, c.deficiencies, c.overdue, c.unfiled
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, kind, state, sum(deficiencies)::bigint AS deficiencies, sum(overdue)::bigint AS overdue,
       sum(unfiled)::bigint AS unfiled
FROM acting
GROUP BY path, kind, state
ORDER BY path, kind, state;

-- name: CountDeficiencies :many
-- Those of ended units count for the unit that acts for them. Overdue are those that are owed and whose day is past.
WITH counted AS (
    SELECT unit_path, unit_id, kind, state, count(*) AS deficiencies,
           count(*) FILTER (WHERE state = ANY (@owed::text[]) AND due_on < @today::date) AS overdue
    FROM deficiencies
    WHERE unit_path <@ @subtree::ltree
    GROUP BY unit_path, unit_id, kind, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
           c.kind, c.state, c.deficiencies, c.overdue
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, kind, state, sum(deficiencies)::bigint AS deficiencies, sum(overdue)::bigint AS overdue
FROM acting
GROUP BY path, kind, state
ORDER BY path, kind, state;

-- name: DeficienciesOnTime :many
-- Deficiencies of units of a subtree that were to be corrected in a period, met once they were by their day. The first named ones
-- are named.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE d.corrected_on <= d.due_on) AS met,
       (array_agg(d.region || '-' || d.key ORDER BY d.key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN deficiencies d ON d.unit_id = f.unit_id
WHERE d.unit_path <@ @root::ltree AND d.due_on BETWEEN @first_day::date AND @last_day::date AND d.state <> @withdrawn::text
GROUP BY f.acting_id;

-- name: RectifiedOnTime :many
-- Warnings to units of a subtree whose first rectification was due between two days and is either sent or overdue. The first
-- named ones are named.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE rectified_on <= due_on) AS met,
       (array_agg(region || '-' || key ORDER BY key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN warnings w ON w.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree
  AND due_on BETWEEN @first_day::date AND @last_day::date
  AND (due_on < @today::date OR rectified_on IS NOT NULL)
  AND state <> @withdrawn::text
GROUP BY f.acting_id;

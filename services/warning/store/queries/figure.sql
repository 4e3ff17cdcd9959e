-- name: RectifiedOnTime :many
-- Warnings to units of a subtree whose first rectification was due between two days and is either sent or overdue. The first
-- named ones are named.
SELECT unit_id, count(*) AS total, count(*) FILTER (WHERE rectified_on <= rectify_on) AS met,
       (array_agg(region || '-' || warning_key ORDER BY warning_key))[1:@named::int]::text[] AS records
FROM warnings
WHERE unit_id = ANY (@units::text[]) AND unit_path <@ @root::ltree
  AND rectify_on BETWEEN @first_day::date AND @last_day::date
  AND (rectify_on < @today::date OR rectified_on IS NOT NULL)
  AND state <> @withdrawn::smallint
GROUP BY unit_id;

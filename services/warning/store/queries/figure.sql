-- name: RectifiedOnTime :many
-- Warnings to units of a subtree whose first rectification was due between two days and is either sent or overdue.
SELECT unit_id, region, warning_key, (rectified_on IS NOT NULL AND rectified_on <= rectify_on)::boolean AS met
FROM warnings
WHERE unit_id = ANY (@units::text[]) AND unit_path <@ @root::ltree
  AND rectify_on BETWEEN @first_day::date AND @last_day::date
  AND (rectify_on < @today::date OR rectified_on IS NOT NULL)
  AND state <> @withdrawn::smallint
ORDER BY unit_id, warning_key;

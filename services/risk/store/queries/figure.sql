-- name: PointsApproved :many
-- Risk points of units of a subtree registered before a time and handed in since: a draft is nobody's business yet. The first named
-- ones are named.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE state = @approved::text) AS met,
       (array_agg(region || '-' || key ORDER BY key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN risk_points p ON p.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree AND create_time < @created_before AND state <> @draft::text
GROUP BY f.acting_id;

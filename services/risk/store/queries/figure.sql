-- name: PointsApproved :many
-- Risk points of units of a subtree registered before a time. The first named ones are named.
SELECT unit_id, count(*) AS total, count(*) FILTER (WHERE state = @approved::text) AS met,
       (array_agg(region || '-' || key ORDER BY key))[1:@named::int]::text[] AS records
FROM risk_points
WHERE unit_id = ANY (@units::text[]) AND unit_path <@ @root::ltree AND create_time < @created_before
GROUP BY unit_id;

-- name: PointsApproved :many
-- Risk points of units of a subtree registered before a time.
SELECT unit_id, region, point_key, (state = @approved::smallint)::boolean AS met
FROM risk_points
WHERE unit_id = ANY (@units::text[]) AND unit_path <@ @root::ltree AND create_time < @created_before
ORDER BY unit_id, point_key;

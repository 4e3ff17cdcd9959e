-- name: AddRiskPoint :exec
INSERT INTO risk_points (region, point_key, unit_id, unit_path, grade, state, create_time, body)
VALUES (@region, @point_key, @unit_id, @unit_path, @grade, @state, @create_time, @body);

-- name: GetRiskPoint :one
SELECT unit_path, revision, body FROM risk_points WHERE region = @region AND point_key = @point_key;

-- name: LockRiskPoint :one
SELECT unit_path, revision, body FROM risk_points WHERE region = @region AND point_key = @point_key FOR UPDATE;

-- name: SaveRiskPoint :exec
UPDATE risk_points SET grade = @grade, state = @state, returns = @returns, body = @body, revision = revision + 1
WHERE region = @region AND point_key = @point_key;

-- name: ListRiskPoints :many
SELECT unit_path, point_key, revision, body FROM risk_points
WHERE unit_path <@ @subtree::ltree
  AND (coalesce(cardinality(@grades::text[]), 0) = 0 OR grade = ANY (@grades::text[]))
  AND (cardinality(@states::smallint[]) = 0 OR state = ANY (@states::smallint[]))
  AND (unit_path, point_key) > (@after_path::ltree, @after_key::text)
ORDER BY unit_path, point_key
LIMIT @page_size;

-- name: CountRiskPoints :many
SELECT unit_id, grade, state, count(*) AS points, sum(returns)::bigint AS returns
FROM risk_points
WHERE unit_path <@ @subtree::ltree
GROUP BY unit_path, unit_id, grade, state
ORDER BY unit_path, unit_id, grade, state;

-- name: CountRiskPoints :many
SELECT unit_id, grade, state, count(*) AS points, sum(returns)::bigint AS returns
FROM risk_points
WHERE unit_path <@ @subtree::ltree
GROUP BY unit_path, unit_id, grade, state
ORDER BY unit_path, unit_id, grade, state;

-- name: OwnerUnfit :one
-- Whether an owner has not the rank that a grade asks for.
SELECT owner_unfit(@rules::jsonb, @unit_path::ltree, @grade::text, @owner::text, @lies::text)::boolean;

-- name: UnitsOfUnfitOwners :many
-- The units of the risk points that a position owns, or that lie with it, whose owner has not the rank that their grade asks for.
SELECT acting_path(unit_path)::text AS unit_path, count(*) AS points FROM risk_points
WHERE (owner_position = @position::text OR position = @position) AND state <> @ended::text
  AND owner_unfit(@rules::jsonb, unit_path, grade, owner_position, position) AND NOT owner_elsewhere(unit_path, owner_position)
GROUP BY 1 ORDER BY 1;

-- name: ChargeOfAnother :one
-- Whether another position than this one, of its rank and unit, is in charge of a unit.
SELECT charge_of_another(@unit_path::ltree, @owner::text)::boolean;

-- name: OwnerElsewhere :one
-- Whether an owner stands neither at a unit nor above it.
SELECT owner_elsewhere(@unit_path::ltree, @owner::text)::boolean;

-- name: PointsOwnedThere :many
-- Risk points that have not ended, below some paths or owned by positions there, whose owner stands at their unit or above it.
SELECT r.region, r.key FROM risk_points r
WHERE r.unit_path <@ ANY (@below::ltree[]) AND r.owner_position <> '' AND r.state <> @ended::text
  AND NOT owner_elsewhere(r.unit_path, r.owner_position)
UNION
SELECT r.region, r.key FROM positions p JOIN risk_points r ON r.owner_position = 'positions/' || p.region || '-' || p.key
WHERE p.unit_path <@ ANY (@below::ltree[]) AND r.state <> @ended::text AND NOT owner_elsewhere(r.unit_path, r.owner_position);

-- name: UnitsOfOwnersElsewhere :many
-- The units that act for some risk points whose owner stands elsewhere.
SELECT acting_path(r.unit_path)::text AS unit_path, count(*) AS points FROM risk_points r
WHERE (r.region, r.key) IN (SELECT unnest(@regions::text[]), unnest(@keys::text[])) AND owner_elsewhere(r.unit_path, r.owner_position)
GROUP BY 1 ORDER BY 1;

-- name: HangsOn :one
-- What hangs on a position: risk points that it owns or that lie with it, its controls and its duties as a leader that are not done,
-- commitments that bind its holder, and rotations that are due.
SELECT (SELECT count(*) FROM risk_points r WHERE (r.owner_position = @position::text OR r.position = @position) AND r.state <> @ended::text)
           AS points,
       o.controls, o.duties,
       (SELECT count(*) FROM commitments c WHERE c.position = @position AND c.state <> @lapsed::text) AS commitments,
       (SELECT count(*) FROM rotations t WHERE t.position = @position AND NOT t.ended) AS rotations
FROM (SELECT count(*) FILTER (WHERE c.duty IS NULL) AS controls, count(*) FILTER (WHERE c.duty IS NOT NULL) AS duties
      FROM controls c WHERE c.owner_position = @position AND c.state = ANY (@owed::text[])) AS o;

-- name: OwnedByPosition :many
-- What a position exercises, what lies with it or is owned by it, by unit: powers and risk points that have not ended, and controls in
-- some states.
SELECT o.unit_id, sum(o.powers)::bigint AS powers, sum(o.points)::bigint AS points, sum(o.controls)::bigint AS controls
FROM (
    SELECT unit_id, 1 AS powers, 0 AS points, 0 AS controls FROM power_items
    WHERE body -> 'positions' @> to_jsonb(@position::text) AND state <> @ended::text
    UNION ALL
    SELECT unit_id, 0, 1, 0 FROM risk_points
    WHERE (position = @position::text OR owner_position = @position::text) AND state <> @ended::text
    UNION ALL
    SELECT unit_id, 0, 0, 1 FROM controls WHERE owner_position = @position::text AND state = ANY (@to_do::text[])
) AS o
GROUP BY o.unit_id
ORDER BY o.unit_id;

-- name: NoteRetiered :exec
INSERT INTO retiered_positions (position) VALUES (@position);

-- name: RetieredPositions :many
SELECT id, position FROM retiered_positions WHERE id > @after ORDER BY id LIMIT @most;

-- name: ForgetRetiered :exec
DELETE FROM retiered_positions WHERE id = ANY (@ids::bigint[]);

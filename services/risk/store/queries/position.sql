-- name: HasRankAbove :one
-- Whether a unit or one above it has a position of a rank.
SELECT EXISTS (SELECT FROM positions WHERE rank = @rank::text AND unit_path @> @unit::ltree);

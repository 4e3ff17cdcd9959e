-- name: AddRoundUnits :exec
INSERT INTO round_units (region, round_key, unit_id, title)
SELECT @region, @round_key, unnest(@unit_ids::text[]), unnest(@titles::text[]);

-- name: ListRoundUnits :many
SELECT unit_id FROM round_units WHERE region = @region AND round_key = @round_key ORDER BY unit_id;

-- name: RoundOfPeriod :one
-- The round that a unit has for a period under a scheme.
SELECT region, key, coalesce(body ->> 'title', '')::text AS title FROM rounds
WHERE period = @period AND unit_id = @unit_id AND scheme = @scheme LIMIT 1;

-- name: DeleteRoundUnits :many
DELETE FROM round_units WHERE region = @region AND round_key = @round_key RETURNING unit_id;

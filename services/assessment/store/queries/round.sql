-- name: AddRoundUnits :exec
INSERT INTO round_units (region, round_key, unit_id) SELECT @region, @round_key, unnest(@unit_ids::text[]);

-- name: ListRoundUnits :many
SELECT unit_id FROM round_units WHERE region = @region AND round_key = @round_key ORDER BY unit_id;

-- name: AddRound :exec
INSERT INTO rounds (round_key, unit_path, state, body) VALUES (@round_key, @unit_path, @state, @body);

-- name: AddRoundUnits :exec
INSERT INTO round_units (round_key, unit_id) SELECT @round_key, unnest(@unit_ids::text[]);

-- name: ListRoundUnits :many
SELECT unit_id FROM round_units WHERE round_key = @round_key ORDER BY unit_id;

-- name: GetRound :one
SELECT * FROM rounds WHERE round_key = @round_key;

-- name: LockRound :one
SELECT * FROM rounds WHERE round_key = @round_key FOR UPDATE;

-- name: SaveRound :exec
UPDATE rounds SET state = @state, body = @body, revision = revision + 1 WHERE round_key = @round_key;

-- name: ListRounds :many
SELECT * FROM rounds
WHERE unit_path <@ @subtree::ltree AND round_key < @before_key
ORDER BY round_key DESC
LIMIT @page_size;

-- name: GetAppliedMove :one
SELECT seq FROM applied_moves;

-- name: LockAppliedMove :one
SELECT seq FROM applied_moves FOR UPDATE;

-- name: SetAppliedMove :exec
UPDATE applied_moves SET seq = @seq;

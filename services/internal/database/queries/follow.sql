-- name: GetAppliedMove :one
SELECT seq FROM followed;

-- name: LockAppliedMove :one
SELECT seq FROM followed FOR UPDATE;

-- name: SetAppliedMove :exec
UPDATE followed SET seq = @seq;

-- name: GetFollowed :one
SELECT seq FROM followed;

-- name: LockFollowed :one
SELECT seq FROM followed FOR UPDATE;

-- name: SetFollowed :exec
UPDATE followed SET seq = @seq;

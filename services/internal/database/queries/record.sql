-- name: AddAudit :exec
INSERT INTO audit (at, method, resource, unit_path, actor, actor_unit, request)
VALUES (@at, @method, @resource, sqlc.narg(unit_path)::ltree, @actor, @actor_unit, @request);

-- name: AddEvent :exec
INSERT INTO outbox (at, event, resource, unit_path)
VALUES (@at, @event, @resource, sqlc.narg(unit_path)::ltree);

-- name: ClaimAnswer :execrows
-- Waits for a transaction that holds the same digest, so that of two equal requests one does the work.
INSERT INTO answers (digest, sealed, at) VALUES (@digest, '', @at) ON CONFLICT DO NOTHING;

-- name: SealAnswer :exec
UPDATE answers SET sealed = @sealed WHERE digest = @digest;

-- name: GetAnswer :one
SELECT sealed FROM answers WHERE digest = @digest;

-- name: ForgetAnswers :execrows
DELETE FROM answers WHERE at < @before;

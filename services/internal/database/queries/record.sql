-- name: AddAudits :exec
INSERT INTO audit (at, method, actor, actor_unit, request, resource, unit_path)
SELECT @at, @method, unnest(@actors::text[]), unnest(@actor_units::text[]), unnest(@requests::text[]),
       unnest(@resources::text[]), unnest(@unit_paths::text[])::ltree;

-- name: AddEvents :exec
INSERT INTO outbox (at, event, resource, unit_path)
SELECT @at, @event, unnest(@resources::text[]), unnest(@unit_paths::text[])::ltree;

-- name: ClaimAnswer :execrows
-- Waits for a transaction that holds the same digest, so that of two equal requests one does the work.
INSERT INTO answers (digest, sealed, at) VALUES (@digest, '', @at) ON CONFLICT DO NOTHING;

-- name: ClaimAnswers :many
-- The same for many, answers included; gives those that were new. Digests come sorted, so that no two transactions wait for
-- each other.
INSERT INTO answers (digest, sealed, at)
SELECT unnest(@digests::bytea[]), unnest(@sealed::bytea[]), @at
ON CONFLICT DO NOTHING
RETURNING digest;

-- name: GetAnswers :many
SELECT digest, sealed FROM answers WHERE digest = ANY (@digests::bytea[]);

-- name: SealAnswer :exec
UPDATE answers SET sealed = @sealed WHERE digest = @digest;

-- name: GetAnswer :one
SELECT sealed FROM answers WHERE digest = @digest;

-- name: ForgetAnswers :execrows
DELETE FROM answers WHERE at < @before;

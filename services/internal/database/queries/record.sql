-- name: AddAuditEntries :exec
-- Audit and outbox in one statement: the arrays hold a record each.
WITH acts AS (
    SELECT unnest(@actors::text[]) AS actor, unnest(@actor_units::text[]) AS actor_unit, unnest(@requests::text[]) AS request,
           unnest(@resources::text[]) AS resource, unnest(@unit_paths::text[])::ltree AS unit_path
), audited AS (
    INSERT INTO audit (at, method, actor, actor_unit, request, resource, unit_path)
    SELECT @at::timestamptz, @method::text, actor, actor_unit, request, resource, unit_path FROM acts
)
INSERT INTO outbox (at, event, resource, unit_path)
SELECT @at::timestamptz, @event::text, resource, unit_path FROM acts;

-- name: ClaimResponse :execrows
-- Waits for a transaction that holds the same digest, so that of two equal requests one does the work.
INSERT INTO answers (digest, sealed, at) VALUES (@digest, '', @at) ON CONFLICT DO NOTHING;

-- name: ClaimResponses :many
-- The same for many, answers included; gives those that were new. Digests come sorted, so that no two transactions wait for
-- each other.
INSERT INTO answers (digest, sealed, at)
SELECT unnest(@digests::bytea[]), unnest(@sealed::bytea[]), @at
ON CONFLICT DO NOTHING
RETURNING digest;

-- name: GetResponses :many
SELECT digest, sealed FROM answers WHERE digest = ANY (@digests::bytea[]);

-- name: SaveResponse :exec
UPDATE answers SET sealed = @sealed WHERE digest = @digest;

-- name: GetResponse :one
SELECT sealed FROM answers WHERE digest = @digest;

-- name: DeleteExpiredResponses :execrows
DELETE FROM answers WHERE at < @before;

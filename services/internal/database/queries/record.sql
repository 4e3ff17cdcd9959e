-- name: AddJournalEntries :exec
-- The arrays hold a record each.
INSERT INTO journal (xact, at, event, resource, unit_path, actor, actor_unit, request, reason, messages)
SELECT (SELECT pg_current_xact_id()::text::bigint + xact FROM journal_base), @at::timestamptz, @event::text,
       unnest(@resources::text[]), unnest(@unit_paths::text[])::ltree,
       unnest(@actors::text[]), unnest(@actor_units::text[]), unnest(@requests::text[]), unnest(@reasons::text[]),
       nullif(unnest(@messages::text[]), '')::jsonb;

-- name: ClaimResponses :many
-- Stores the responses of many and gives those that were new; it waits for a transaction that holds the same digest. Digests come
-- sorted, so that no two transactions wait for each other.
INSERT INTO stored_responses (digest, sealed, at)
SELECT unnest(@digests::bytea[]), unnest(@sealed::bytea[]), @at
ON CONFLICT DO NOTHING
RETURNING digest;

-- name: AddResponses :exec
-- The same for those that are all new; another one is a unique violation.
INSERT INTO stored_responses (digest, sealed, at) SELECT unnest(@digests::bytea[]), unnest(@sealed::bytea[]), @at;

-- name: GetResponses :many
SELECT digest, sealed FROM stored_responses WHERE digest = ANY (@digests::bytea[]);

-- name: AddResponse :exec
INSERT INTO stored_responses (digest, sealed, at) VALUES (@digest, @sealed, @at);

-- name: GetResponse :one
SELECT sealed FROM stored_responses WHERE digest = @digest;

-- name: DeleteExpiredResponses :execrows
DELETE FROM stored_responses WHERE at < @before;

-- name: ListJournal :many
-- Newest first: of the units that stood at or below one when they acted, or were acted on, which keeps what a unit did before it
-- moved.
SELECT xact, seq, at, event, resource, unit_path::text AS unit_path, actor, actor_unit, request, reason
FROM journal
WHERE string_to_array(unit_path::text, '.') @> ARRAY[@unit_id::text]
  AND (@resource::text = '' OR resource = @resource)
  AND (@actor::text = '' OR actor = @actor)
  AND at >= @at_from::timestamptz AND at < @at_before::timestamptz
  AND (xact, seq) < (@before_xact::bigint, @before_seq::bigint)
ORDER BY xact DESC, seq DESC
LIMIT @page_size;

-- name: ReadJournal :many
-- In one order, up to the oldest transaction still running.
SELECT xact, seq, at, event, resource, unit_path::text AS unit_path
FROM journal
WHERE (xact, seq) > (@after_xact::bigint, @after_seq::bigint)
  AND xact < (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + b.xact FROM journal_base b)
ORDER BY xact, seq
LIMIT @page_size;

-- name: ContinueJournal :exec
-- Moves the base where the journal has transactions that the cluster has not reached: it was restored from a dump.
UPDATE journal_base b SET xact = last.xact + 1 - pg_snapshot_xmax(pg_current_snapshot())::text::bigint
FROM (SELECT max(j.xact) AS xact FROM journal j) last
WHERE last.xact >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint + b.xact;

-- name: GetRelayed :one
SELECT xact, seq FROM relayed;

-- name: ListUnrelayed :many
SELECT xact, seq, messages FROM journal
WHERE messages IS NOT NULL AND (xact, seq) > (@after_xact::bigint, @after_seq::bigint)
  AND xact < (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + b.xact FROM journal_base b)
ORDER BY xact, seq
LIMIT @page_size;

-- name: SetRelayed :exec
-- Not where another replica has gone on meanwhile.
UPDATE relayed SET xact = @xact, seq = @seq WHERE (relayed.xact, relayed.seq) = (@after_xact::bigint, @after_seq::bigint);

-- name: LastPosition :one
-- The last that ReadJournal gives; zero where there is none.
SELECT coalesce(max(j.xact), 0)::bigint AS xact, coalesce(max(j.seq), 0)::bigint AS seq
FROM (
    SELECT xact, seq FROM journal
    WHERE xact < (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + b.xact FROM journal_base b)
    ORDER BY xact DESC, seq DESC LIMIT 1
) j;

-- name: HasPosition :one
SELECT EXISTS (SELECT FROM journal WHERE (xact, seq) = (@xact::bigint, @seq::bigint));

-- name: WroteSince :one
-- Whether somebody did something to a record after a time, and another thing was not done to it since.
SELECT EXISTS (
    SELECT FROM journal a
    WHERE a.resource = @resource AND a.event = ANY (@events::text[]) AND a.actor = @actor AND a.at > @after AND NOT EXISTS (
        SELECT FROM journal s
        WHERE s.resource = @resource AND s.event = ANY (@dropped::text[]) AND (s.xact, s.seq) > (a.xact, a.seq)
    )
);

-- name: ActedBefore :one
-- Whether somebody did something to a record since another thing was last done to it, if ever: who did stands in the journal alone.
SELECT EXISTS (
    SELECT FROM journal a WHERE a.resource = @resource AND a.event = ANY (@events::text[]) AND a.actor = @actor AND NOT EXISTS (
        SELECT FROM journal s
        WHERE s.resource = @resource AND s.event = ANY (@since::text[]) AND (s.xact, s.seq) > (a.xact, a.seq)
    )
);

-- name: AddMessages :many
-- Puts messages into inboxes, and on their way to the contact points that their units have now. Gives the units of those that
-- were new.
WITH added AS (
    INSERT INTO messages (region, message_key, unit_id, unit_path, kind, args, resource, dedup_key, create_time)
    SELECT unnest(@regions::text[]), unnest(@message_keys::text[]), unnest(@unit_ids::text[]), unnest(@unit_paths::text[])::ltree,
           unnest(@kinds::text[]), string_to_array(unnest(@args::text[]), E'\x1f'), unnest(@resources::text[]),
           unnest(@dedup_keys::text[]), @create_time::timestamptz
    ON CONFLICT (region, unit_id, dedup_key) DO NOTHING
    RETURNING region, message_key, unit_id, kind
), deliver AS (
    INSERT INTO deliveries (region, message_key, contact_region, contact_key, unit_id, by_mail, state, next_time, create_time)
    SELECT a.region, a.message_key, c.region, c.key, a.unit_id, c.by_mail, 'DELIVERY_STATE_PENDING',
           @create_time::timestamptz, @create_time::timestamptz
    FROM added a JOIN contact_points c ON c.unit_id = a.unit_id
    WHERE NOT c.paused AND (c.kinds = '[]' OR c.kinds @> to_jsonb(a.kind))
)
SELECT unit_id FROM added;

-- name: MoveMessagesToSuccessors :exec
-- Has the messages of units that ended on some days, up to a day, go on with the successors, but for those that these have; what
-- is unread goes to their contact points. They say for which unit they were, but for those about the tree. Those about case leads
-- stay: the successor may be whom a lead is about, and who has it is asked anew. Doing it once more changes nothing.
WITH ended AS MATERIALIZED (
    SELECT s.unit_id, s.successor_id,
           (SELECT u.title FROM units u WHERE u.unit_id = s.unit_id ORDER BY u.valid_from DESC LIMIT 1) AS title
    FROM successors(@since::date, @day::date) AS s (unit_id, successor_id)
), lacked AS (
    SELECT DISTINCT ON (m.region, e.successor_id, m.dedup_key) m.region, m.message_key, e.successor_id, e.title
    FROM ended e JOIN messages m ON m.unit_id = e.unit_id
    WHERE (m.kind NOT LIKE 'inbox.case\_lead\_%' OR m.kind = 'inbox.case_lead_proposed') -- that one is about a warning
      AND NOT EXISTS (SELECT FROM messages h
                      WHERE h.region = m.region AND h.unit_id = e.successor_id AND h.dedup_key = m.dedup_key)
    ORDER BY m.region, e.successor_id, m.dedup_key, m.message_key
), moved AS (
    UPDATE messages m SET unit_id = l.successor_id, args = CASE
        WHEN 'of_ended' = ANY (m.args) OR m.resource LIKE 'treeChanges/%' THEN m.args ELSE m.args || ARRAY['of_ended', l.title] END
    FROM lacked l WHERE m.region = l.region AND m.message_key = l.message_key
    RETURNING m.region, m.message_key, m.unit_id, m.kind, m.read_time
)
INSERT INTO deliveries (region, message_key, contact_region, contact_key, unit_id, by_mail, state, next_time, create_time)
SELECT m.region, m.message_key, c.region, c.key, m.unit_id, c.by_mail, 'DELIVERY_STATE_PENDING',
       @deliver_time::timestamptz, @deliver_time::timestamptz
FROM moved m JOIN contact_points c ON c.unit_id = m.unit_id
WHERE m.read_time IS NULL AND NOT c.paused AND (c.kinds = '[]' OR c.kinds @> to_jsonb(m.kind))
ON CONFLICT DO NOTHING;

-- name: DeleteConcealedMessages :exec
-- Deletes what units that units ended into on some days were told of tips and inquiries that are concealed from them since.
WITH became AS (
    SELECT e.successor_id AS unit_id, ARRAY(
        SELECT 'units/' || p.predecessor_id FROM predecessors(ARRAY[e.successor_id], @day::date) AS p) AS kin
    FROM (SELECT DISTINCT s.successor_id FROM successors(@since::date, @day::date) AS s (unit_id, successor_id)) e
), concealed AS (
    SELECT m.region, m.message_key
    FROM became b JOIN messages m ON m.unit_id = b.unit_id AND m.resource LIKE 'inquiries/%'
    JOIN inquiries i ON i.region = split_part(split_part(m.resource, '/', 2), '-', 1) AND i.key = split_part(m.resource, '-', 2)
    WHERE i.body ->> 'unit' <> 'units/' || b.unit_id AND jsonb_exists_any(i.concealed_from, b.kin)
    UNION ALL
    SELECT m.region, m.message_key
    FROM became b JOIN messages m ON m.unit_id = b.unit_id AND m.resource LIKE 'tips/%'
    JOIN tips t ON t.region = split_part(split_part(m.resource, '/', 2), '-', 1) AND t.tip_key = split_part(m.resource, '-', 2)
    WHERE jsonb_exists_any(
        CASE WHEN m.kind LIKE 'inbox.sent\_tip\_%' THEN tip_concealed_from(t.body, true) ELSE t.concealed_from END, b.kin)
), undelivered AS (
    DELETE FROM deliveries d USING concealed c WHERE d.region = c.region AND d.message_key = c.message_key
)
DELETE FROM messages m USING concealed c WHERE m.region = c.region AND m.message_key = c.message_key;

-- name: ListMessages :many
-- But for those of some kinds, unless they are about the officer who asks.
SELECT region, message_key, unit_id, kind, args, resource, create_time, read_time FROM messages
WHERE unit_id = @unit_id AND message_key < @before_key
  AND (cardinality(@kinds::text[]) = 0 OR kind = ANY (@kinds::text[])) AND (kind <> ALL (@hidden_kinds::text[]) OR resource = nullif(@officer::text, ''))
ORDER BY message_key DESC
LIMIT @page_size;

-- name: ListUnreadMessages :many
SELECT region, message_key, unit_id, kind, args, resource, create_time, read_time FROM messages
WHERE unit_id = @unit_id AND read_time IS NULL AND message_key < @before_key
  AND (cardinality(@kinds::text[]) = 0 OR kind = ANY (@kinds::text[])) AND (kind <> ALL (@hidden_kinds::text[]) OR resource = nullif(@officer::text, ''))
ORDER BY message_key DESC
LIMIT @page_size;

-- name: CountUnreadMessages :one
SELECT count(*) FROM messages WHERE unit_id = @unit_id AND read_time IS NULL AND (kind <> ALL (@hidden_kinds::text[]) OR resource = nullif(@officer::text, ''));

-- name: KnownMessages :many
-- Which of these are messages of the unit, but for those of some kinds that are not about the officer who asks.
SELECT region, message_key FROM messages
WHERE unit_id = @unit_id AND message_key = ANY (@message_keys::text[]) AND (kind <> ALL (@hidden_kinds::text[]) OR resource = nullif(@officer::text, ''));

-- name: MarkMessagesRead :execrows
UPDATE messages SET read_time = @read_time
WHERE unit_id = @unit_id AND read_time IS NULL AND message_key = ANY (@message_keys::text[]);

-- name: DeleteExpiredMessages :one
-- Deletes old messages, with their deliveries, that were read or delivered and that nothing is under way of.
WITH old AS (
    SELECT m.region, m.message_key FROM messages m
    WHERE m.create_time < @created_before
      AND NOT EXISTS (SELECT FROM deliveries d
                      WHERE d.region = m.region AND d.message_key = m.message_key AND d.state = 'DELIVERY_STATE_PENDING')
      AND (m.read_time IS NOT NULL
           OR EXISTS (SELECT FROM deliveries d
                      WHERE d.region = m.region AND d.message_key = m.message_key AND d.state = 'DELIVERY_STATE_DELIVERED'))
    ORDER BY m.create_time LIMIT @batch FOR UPDATE SKIP LOCKED
), undelivered AS (
    DELETE FROM deliveries d USING old WHERE d.region = old.region AND d.message_key = old.message_key
), gone AS (
    DELETE FROM messages m USING old WHERE m.region = old.region AND m.message_key = old.message_key RETURNING m.region
)
SELECT count(*) FROM gone;

-- name: DeleteMessagesAbout :exec
-- Deletes what a unit was told of a record that it must not see any more.
WITH undelivered AS (
    DELETE FROM deliveries d USING messages m
    WHERE d.region = m.region AND d.message_key = m.message_key AND m.unit_id = @unit_id AND m.resource = @resource
)
DELETE FROM messages m WHERE m.unit_id = @unit_id AND m.resource = @resource;

-- name: DeleteReplacedMessages :execrows
-- Deletes what a unit was told of a record by messages of some kinds, for itself or, where a title is given, for a unit of that title
-- that has ended.
WITH replaced AS (
    SELECT m.region, m.message_key FROM messages m
    WHERE m.unit_id = @unit_id AND m.resource = @resource AND m.kind = ANY (@kinds::text[])
      AND coalesce(m.args[array_position(m.args, 'of_ended') + 1], '') = @of_ended::text
), undelivered AS (
    DELETE FROM deliveries d USING replaced r WHERE d.region = r.region AND d.message_key = r.message_key
)
DELETE FROM messages m USING replaced r WHERE m.region = r.region AND m.message_key = r.message_key;

-- name: DeleteOldReminders :exec
-- Deletes which reminders were sent on days so long ago that nobody looks for them any more.
DELETE FROM sent_reminders WHERE due_on < @due_before::date;

-- name: ListRecipients :many
-- The recipients in place of the units asked about: themselves, also where they are to come, or, where they have ended, the ones that
-- act for them.
WITH RECURSIVE taken AS (
    SELECT unnest(@unit_ids::text[]) AS asked_id, unnest(@unit_ids::text[]) AS unit_id
    UNION
    SELECT t.asked_id, e.successor_id FROM taken t JOIN unit_ends e ON e.unit_id = t.unit_id AND e.ended_on <= @on_date::date
)
SELECT DISTINCT ON (t.asked_id, t.unit_id)
       t.asked_id::text AS asked_id, u.region, u.unit_id, u.path, (u.valid_from > @on_date::date)::boolean AS coming
FROM taken t JOIN units u ON u.unit_id = t.unit_id AND u.valid_to > @on_date::date
ORDER BY t.asked_id, t.unit_id, u.valid_from;

-- name: DeleteMessagesTo :exec
-- Deletes what was kept for a unit that never comes.
DELETE FROM messages WHERE unit_id = @unit_id;

-- name: AbsentUnits :many
-- What units that are not there on a day were called last or, where they are to come, will be called first.
SELECT DISTINCT ON (u.unit_id) u.unit_id, u.title, (u.valid_from > @day::date)::boolean AS coming
FROM units u
WHERE u.unit_id = ANY (@unit_ids::text[])
  AND NOT EXISTS (SELECT FROM units n WHERE n.unit_id = u.unit_id AND n.valid_from <= @day::date AND @day::date < n.valid_to)
ORDER BY u.unit_id, coming DESC, CASE WHEN u.valid_from > @day::date THEN u.valid_from END, u.valid_from DESC;

-- name: RemindedOn :one
SELECT day FROM reminded WHERE job = @job;

-- name: SaveReminded :exec
INSERT INTO reminded (job, day) VALUES (@job, @day) ON CONFLICT (job) DO UPDATE SET day = excluded.day WHERE reminded.day < excluded.day;

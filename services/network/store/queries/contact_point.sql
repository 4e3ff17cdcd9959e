-- name: CountContactPoints :one
SELECT count(*) FROM contact_points WHERE unit_id = @unit_id;

-- name: ContactPointTitles :many
SELECT (body ->> 'title')::text AS title FROM contact_points WHERE unit_id = @unit_id ORDER BY key;

-- name: EndContactPoints :many
-- Deletes the contact points of units that ended on some days, up to a day, with what was to be delivered: an address is personal,
-- and does not go on with the successor. Gives what they were, by unit, and which units acted for it and decided its end.
WITH ended AS (
    SELECT s.unit_id, s.successor_id FROM successors(@since::date, @day::date) AS s (unit_id, successor_id)
), closed AS (
    DELETE FROM contact_points c USING ended e
    WHERE c.unit_id = e.unit_id RETURNING c.key, c.unit_id, c.body ->> 'title' AS title
), stopped AS (
    DELETE FROM deliveries d USING closed c WHERE d.contact_key = c.key
)
SELECT c.unit_id, s.successor_id::text AS successor_id, subpath(t.unit_path, -1)::text AS decider_id, min(c.key)::text AS first_key,
       array_agg(c.title ORDER BY c.key)::text[] AS titles,
       (SELECT u.title FROM units u WHERE u.unit_id = c.unit_id ORDER BY u.valid_from DESC LIMIT 1) AS unit_title
FROM closed c JOIN ended s ON s.unit_id = c.unit_id
JOIN unit_ends e ON e.unit_id = c.unit_id JOIN tree_changes t ON t.change_key = e.change_key
GROUP BY c.unit_id, s.successor_id, t.unit_path;

-- name: DeleteDeliveries :exec
-- Deletes what was to be delivered to a contact point.
DELETE FROM deliveries WHERE contact_key = @contact_key;

-- name: GiveUpDeliveries :exec
-- Gives up what is still to be delivered to a contact point.
UPDATE deliveries SET state = 'DELIVERY_STATE_FAILED', reason = @reason, finish_time = @now::timestamptz
WHERE contact_key = @contact_key AND state = 'DELIVERY_STATE_PENDING';

-- name: ListDeliveries :many
SELECT * FROM deliveries
WHERE unit_id = @unit_id AND (message_key, contact_key) < (@before_message::text, @before_contact::text)
  AND (cardinality(@states::text[]) = 0 OR state = ANY (@states::text[]))
  AND (@contact::text = '' OR contact_key = @contact::text)
ORDER BY message_key DESC, contact_key DESC
LIMIT @page_size;

-- name: ClaimDeliveries :many
-- Takes what is due for an attempt. Until lost_time nobody else takes it; after that the attempt counts as lost, with the
-- process that made it. A replica passes over what another one is taking.
WITH due AS (
  SELECT d.region, d.message_key, d.contact_key FROM deliveries d
  WHERE d.state = 'DELIVERY_STATE_PENDING' AND d.by_mail = @by_mail AND d.next_time <= @now::timestamptz
  ORDER BY d.next_time, d.message_key
  LIMIT @batch_size
  FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE deliveries d SET attempts = d.attempts + 1, next_time = @lost_time::timestamptz
  FROM due WHERE d.region = due.region AND d.message_key = due.message_key AND d.contact_key = due.contact_key
  RETURNING d.region, d.message_key, d.contact_region, d.contact_key, d.attempts, d.reason, d.create_time
)
SELECT t.region, t.message_key, t.contact_region, t.contact_key, t.attempts, t.reason, t.create_time,
       m.unit_id, m.unit_path, m.kind, m.args, m.resource, c.paused, c.body
FROM taken t
JOIN messages m ON m.region = t.region AND m.message_key = t.message_key
LEFT JOIN contact_points c ON c.region = t.contact_region AND c.key = t.contact_key
ORDER BY t.message_key;

-- name: SaveDeliveryOutcomes :exec
-- Writes how attempts ended. One that another replica has taken since is left to it.
UPDATE deliveries d SET state = s.state, attempts = s.tried, reason = s.reason, next_time = s.next_time,
                        finish_time = CASE WHEN s.state <> 'DELIVERY_STATE_PENDING' THEN @now::timestamptz END
FROM (SELECT unnest(@regions::text[]) AS region, unnest(@message_keys::text[]) AS message_key,
             unnest(@contact_keys::text[]) AS contact_key, unnest(@attempts::smallint[]) AS attempts,
             unnest(@tried::smallint[]) AS tried, unnest(@states::text[]) AS state, unnest(@reasons::text[]) AS reason,
             unnest(@next_times::timestamptz[]) AS next_time) s
WHERE d.region = s.region AND d.message_key = s.message_key AND d.contact_key = s.contact_key
  AND d.state = 'DELIVERY_STATE_PENDING' AND d.attempts = s.attempts;

-- name: DelayContactPoints :exec
-- Has what is pending for contact points that did not answer wait as long as the attempt that failed.
UPDATE deliveries d SET next_time = s.next_time
FROM (SELECT unnest(@contact_keys::text[]) AS contact_key, unnest(@next_times::timestamptz[]) AS next_time) s
WHERE d.contact_key = s.contact_key AND d.state = 'DELIVERY_STATE_PENDING' AND d.next_time <= @now::timestamptz;

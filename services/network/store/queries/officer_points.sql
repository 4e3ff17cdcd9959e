-- name: LockScoring :one
-- The one row that tells how far the counting has come; who holds it counts.
SELECT next_month, carried FROM officer_scoring FOR UPDATE SKIP LOCKED;

-- name: StartScoring :execrows
INSERT INTO officer_scoring (next_month, carried) VALUES (@next_month, @carried) ON CONFLICT DO NOTHING;

-- name: SaveScoring :exec
UPDATE officer_scoring SET next_month = @next_month, carried = @carried;

-- name: ListSourcesReceived :many
-- Sealed sources of the tips of a span of time, for the counting alone: nothing else reads who sent a tip.
SELECT t.region, t.tip_key, t.receive_time, s.sealed FROM tips t JOIN tip_sources s USING (region, tip_key)
WHERE t.receive_time >= @received_from AND t.receive_time < @received_before
  AND (t.receive_time, t.tip_key) > (@after_time::timestamptz, @after_key::text)
ORDER BY t.receive_time, t.tip_key
LIMIT @page_size;

-- name: ListTipsJudged :many
-- How the quality check of tips ended. Regions and keys are pairs.
SELECT t.region, t.tip_key, t.returns, t.unfounded,
       EXISTS (SELECT FROM journal j
               WHERE j.resource = 'tips/' || t.region || '-' || t.tip_key AND j.event = @accept::text) AS accepted
FROM tips t
JOIN (SELECT unnest(@regions::text[]) AS region, unnest(@tip_keys::text[]) AS tip_key) w USING (region, tip_key)
WHERE t.state = ANY (@judged::text[]);

-- name: OfficersByKey :many
SELECT o.unit_path, o.body FROM officers o
JOIN (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS key) w USING (region, key);

-- name: AddOfficerPoints :exec
INSERT INTO officer_points (appointing_id, body) SELECT unnest(@appointing_ids::text[]), unnest(@bodies::text[])::jsonb
ON CONFLICT DO NOTHING;

-- name: ListOfficerPoints :many
SELECT last_month, officer, body FROM officer_points
WHERE appointing_id = @unit_id AND last_month BETWEEN @first_month AND @final_month::text
  AND (@officer::text = '' OR officer = @officer::text)
  AND (last_month, officer) < (@before_month::text, @before_officer::text)
ORDER BY last_month DESC, officer DESC
LIMIT @page_size;

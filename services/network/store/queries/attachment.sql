-- name: CountAttachments :one
SELECT count(*) FROM attachments WHERE region = @region AND tip_key = @tip_key;

-- name: AddAttachment :exec
INSERT INTO attachments (region, attachment_key, tip_key, size, hash_state, token_hash, create_time, expire_time, body)
VALUES (@region, @attachment_key, @tip_key, @size, @hash_state, @token_hash, @create_time, @expire_time, @body);

-- name: LockAttachment :one
SELECT a.tip_key, a.complete, a.size, a.received, a.hash_state, a.token_hash, a.body, t.handling_path
FROM attachments a JOIN tips t ON t.region = a.region AND t.tip_key = a.tip_key
WHERE a.region = @region AND a.attachment_key = @attachment_key
FOR UPDATE OF a;

-- name: AddPart :exec
INSERT INTO attachment_parts (region, attachment_key, part_offset, data) VALUES (@region, @attachment_key, @part_offset, @data);

-- name: SetReceived :exec
UPDATE attachments SET received = @received, hash_state = @hash_state WHERE region = @region AND attachment_key = @attachment_key;

-- name: HasPart :one
SELECT EXISTS (SELECT FROM attachment_parts
               WHERE region = @region AND attachment_key = @attachment_key AND part_offset = @part_offset AND data = @data::bytea);

-- name: CompleteAttachment :exec
UPDATE attachments SET complete = true, body = @body WHERE region = @region AND attachment_key = @attachment_key;

-- name: GetAttachment :one
SELECT size, body FROM attachments WHERE region = @region AND attachment_key = @attachment_key AND complete;

-- name: ReadParts :many
-- The parts that begin between two offsets.
SELECT part_offset, data FROM attachment_parts
WHERE region = @region AND attachment_key = @attachment_key
  AND part_offset > @after_offset::bigint AND part_offset < @before_offset::bigint
ORDER BY part_offset;

-- name: ListAttachments :many
SELECT attachment_key, body FROM attachments
WHERE region = @region AND tip_key = @tip_key AND complete AND attachment_key > @after_key
ORDER BY attachment_key
LIMIT @page_size;

-- name: HasAttachment :one
SELECT EXISTS (SELECT FROM attachments WHERE region = @region AND tip_key = @tip_key AND complete);

-- name: DeleteExpiredUploads :many
-- Removes what was begun and not completed in its time.
WITH gone AS (
    DELETE FROM attachments WHERE (region, attachment_key) IN (
        SELECT o.region, o.attachment_key FROM attachments o
        WHERE NOT o.complete AND o.expire_time <= @now LIMIT @batch FOR UPDATE SKIP LOCKED)
    RETURNING region, attachment_key, tip_key
)
SELECT gone.region, gone.attachment_key, t.handling_path FROM gone JOIN tips t ON t.region = gone.region AND t.tip_key = gone.tip_key;

-- name: AbortUpload :exec
-- Its parts go with it.
DELETE FROM attachments WHERE region = @region AND attachment_key = @attachment_key AND NOT complete;

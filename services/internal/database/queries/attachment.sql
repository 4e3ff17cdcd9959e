-- name: CountAttachments :one
-- What a unit, or an ended one that it acts for, has attached to a record or begun to; without one, what came by a receipt.
SELECT count(*) FROM attachments
WHERE owner = @owner AND (complete OR expire_time > @now)
  AND split_part(coalesce(body ->> 'unit', ''), '/', 2) IN (SELECT f.unit_id FROM acted_for(ARRAY[@unit_id::text], 'infinity') f);

-- name: AddAttachment :exec
INSERT INTO attachments (region, attachment_key, owner, size, hash_state, token_hash, create_time, expire_time, accounts, body)
VALUES (@region, @attachment_key, @owner, @size, @hash_state, @token_hash, @create_time, @expire_time, @accounts, @body);

-- name: AttachmentUsage :many
SELECT account, bytes FROM attachment_usage WHERE account = ANY (@accounts::text[]);

-- name: LockAttachment :one
SELECT complete, size, received, hash_state, token_hash, body FROM attachments
WHERE region = @region AND attachment_key = @attachment_key AND (complete OR expire_time > @now)
FOR UPDATE;

-- name: AddPart :exec
INSERT INTO attachment_parts (region, attachment_key, part_offset, data) VALUES (@region, @attachment_key, @part_offset, @data);

-- name: SetReceived :exec
UPDATE attachments SET received = @received, hash_state = @hash_state WHERE region = @region AND attachment_key = @attachment_key;

-- name: HasPart :one
SELECT EXISTS (SELECT FROM attachment_parts
               WHERE region = @region AND attachment_key = @attachment_key AND part_offset = @part_offset
                 AND data = @data::bytea);

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
WHERE owner = @owner AND complete AND attachment_key > @after_key
ORDER BY attachment_key
LIMIT @page_size;

-- name: AttachmentsOfOwners :many
SELECT region, attachment_key, body FROM attachments
WHERE owner = ANY (@owners::text[]) AND complete
ORDER BY owner, attachment_key;

-- name: HasAttachment :one
SELECT EXISTS (SELECT FROM attachments WHERE owner = @owner AND complete);

-- name: CountCompleteAttachments :one
SELECT count(*)::integer FROM attachments WHERE owner = @owner AND complete;

-- name: HasAttachmentOf :one
-- Whether a unit, or an ended one that it acts for, has attached a file to a record that was begun after a time.
SELECT EXISTS (
    SELECT FROM attachments
    WHERE owner = @owner AND complete AND create_time > @since
      AND split_part(body ->> 'unit', '/', 2) IN (SELECT f.unit_id FROM acted_for(ARRAY[@unit_id::text], 'infinity') f));

-- name: AttachmentsOf :many
-- Those of some attachments, by region and key, that are complete and belong to a record.
SELECT (region || '-' || attachment_key)::text AS id FROM attachments
WHERE owner = @owner AND complete AND (region || '-' || attachment_key) = ANY (@ids::text[]);

-- name: DeleteExpiredUploads :many
-- Removes what was begun and not completed in its time.
DELETE FROM attachments WHERE (region, attachment_key) IN (
    SELECT o.region, o.attachment_key FROM attachments o
    WHERE NOT o.complete AND o.expire_time <= @now LIMIT @batch FOR UPDATE SKIP LOCKED)
RETURNING region, attachment_key, owner;

-- name: RefuseUpload :exec
-- Ends an upload whose content is refused: it has expired, and is removed as all others that have.
UPDATE attachments SET expire_time = @expire_time WHERE region = @region AND attachment_key = @attachment_key AND NOT complete;

-- name: AbortUpload :exec
-- Its parts go with it.
DELETE FROM attachments WHERE region = @region AND attachment_key = @attachment_key AND NOT complete;

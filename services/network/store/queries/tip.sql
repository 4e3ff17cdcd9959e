-- name: AddTip :exec
INSERT INTO tips (region, tip_key, handling_path, handling_path_then, unit_id, unit_path, unit_path_then, subject_area, urgent, state, receive_time, receipt_hash, body)
VALUES (@region, @tip_key, @handling_path, @handling_path, @unit_id, @unit_path, @unit_path, @subject_area, @urgent, @state, @receive_time, @receipt_hash, @body);

-- name: AddTipSource :exec
INSERT INTO tip_sources (region, tip_key, sealed) VALUES (@region, @tip_key, @sealed);

-- name: GetTip :one
SELECT handling_path, revision, body FROM tips WHERE region = @region AND tip_key = @tip_key;

-- name: LockTip :one
SELECT handling_path, unit_path, revision, body FROM tips WHERE region = @region AND tip_key = @tip_key FOR UPDATE;

-- name: TipByReceipt :one
SELECT tip_key, body FROM tips WHERE region = @region AND receipt_hash = @receipt_hash;

-- name: SaveTip :exec
UPDATE tips SET subject_area = @subject_area, urgent = @urgent, state = @state, returns = @returns, unfounded = @unfounded, body = @body, revision = revision + 1
WHERE region = @region AND tip_key = @tip_key;

-- name: ListTips :many
SELECT region, tip_key, revision, body FROM tips
WHERE handling_path <@ @subtree::ltree
  AND (cardinality(@states::smallint[]) = 0 OR state = ANY (@states::smallint[]))
  AND receive_time >= @received_from AND receive_time < @received_before
  AND (@subject_area::text = '' OR subject_area = @subject_area::text)
  AND (@about_unit::text = '' OR unit_id = @about_unit::text)
  AND tip_key < @before_key
ORDER BY tip_key DESC
LIMIT @page_size;

-- name: CountTips :many
SELECT unit_id, subject_area,
       count(*)                                           AS received,
       count(*) FILTER (WHERE state = @returned::smallint) AS returned,
       count(*) FILTER (WHERE state = @accepted::smallint) AS accepted,
       count(*) FILTER (WHERE state = @closed::smallint)   AS closed,
       count(*) FILTER (WHERE urgent AND NOT unfounded AND state <> @returned::smallint) AS urgent,
       count(*) FILTER (WHERE unfounded)                   AS unfounded
FROM tips
WHERE handling_path <@ @subtree::ltree AND receive_time >= @received_from AND receive_time < @received_before
GROUP BY unit_id, subject_area
ORDER BY unit_id, subject_area;

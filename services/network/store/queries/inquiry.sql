-- name: AddInquiry :exec
INSERT INTO inquiries (region, inquiry_key, unit_path, point_path, kind, state, due_on, body)
VALUES (@region, @inquiry_key, @unit_path, @point_path, @kind, @state, @due_on, @body);

-- name: GetInquiry :one
SELECT unit_path, point_path, revision, body FROM inquiries WHERE region = @region AND inquiry_key = @inquiry_key;

-- name: LockInquiry :one
SELECT unit_path, point_path, revision, body FROM inquiries WHERE region = @region AND inquiry_key = @inquiry_key FOR UPDATE;

-- name: SaveInquiry :exec
UPDATE inquiries SET state = @state, body = @body, revision = revision + 1 WHERE region = @region AND inquiry_key = @inquiry_key;

-- name: ListInquiries :many
SELECT inquiry_key, unit_path, revision, body FROM inquiries
WHERE (point_path <@ @subtree::ltree OR unit_path <@ @subtree::ltree)
  AND (cardinality(@states::smallint[]) = 0 OR state = ANY (@states::smallint[]))
  AND (@kind::text = '' OR kind = @kind::text)
  AND (@due_before::text = '' OR due_on < @due_before::text AND state <> @closed::smallint)
  AND inquiry_key < @before_key
ORDER BY inquiry_key DESC
LIMIT @page_size;

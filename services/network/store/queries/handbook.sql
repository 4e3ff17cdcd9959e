-- name: AddHandbook :execrows
INSERT INTO handbooks (region, handbook_key, unit_id, unit_path, title, version, body)
VALUES (@region, @handbook_key, @unit_id, @unit_path, @title, @version, @body)
ON CONFLICT (region, unit_id, title, version) DO NOTHING;

-- name: HandbookFor :one
-- A handbook that holds for a unit: published by it or above it.
SELECT body FROM handbooks WHERE region = @region AND handbook_key = @handbook_key AND unit_path @> @unit::ltree;

-- name: ListHandbooks :many
SELECT handbook_key, body FROM handbooks
WHERE unit_path @> @unit::ltree AND handbook_key < @before_key
ORDER BY handbook_key DESC
LIMIT @page_size;

-- name: ReceiveHandbook :execrows
INSERT INTO handbook_receipts (region, officer_key, handbook_region, handbook_key, received_on)
SELECT unnest(@regions::text[]), unnest(@officer_keys::text[]), @handbook_region::text, @handbook_key::text, @day::date
ON CONFLICT (region, officer_key, handbook_key) DO UPDATE SET received_on = excluded.received_on, returned_on = NULL
WHERE handbook_receipts.returned_on IS NOT NULL;

-- name: ReturnHandbook :execrows
UPDATE handbook_receipts r SET returned_on = @day::date
FROM (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS officer_key) w
WHERE r.region = w.region AND r.officer_key = w.officer_key AND r.handbook_key = @handbook_key AND r.returned_on IS NULL;

-- name: OfficersUnder :many
-- Which of these officers serve, or served, in a subtree. Regions and keys are pairs.
SELECT o.region, o.officer_key FROM officers o
JOIN (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS officer_key) w USING (region, officer_key)
WHERE o.unit_path <@ @subtree::ltree;

-- name: ListHandbookHolders :many
-- Officers in office who hold a handbook, or who do not.
SELECT o.* FROM officers o
WHERE o.unit_path <@ @subtree::ltree AND o.state = @in_office::smallint AND o.officer_key > @after_key
  AND (cardinality(@types::smallint[]) = 0 OR o.type = ANY (@types::smallint[]))
  AND @missing::boolean <> EXISTS (SELECT FROM handbook_receipts r
                          WHERE r.region = o.region AND r.officer_key = o.officer_key AND r.handbook_key = @handbook_key AND r.returned_on IS NULL)
ORDER BY o.officer_key
LIMIT @page_size;

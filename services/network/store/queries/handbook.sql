-- name: HandbookExists :one
SELECT EXISTS (SELECT FROM handbooks WHERE unit = @unit AND title = @title AND version = @version);

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

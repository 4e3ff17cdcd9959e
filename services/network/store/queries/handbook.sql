-- name: FindHandbook :one
SELECT region, key FROM handbooks WHERE unit = @unit AND edition = @edition;

-- name: UnitsOfReaders :many
-- The units of some subtrees with officers in office, who are to read a handbook.
SELECT DISTINCT unit_id FROM officers WHERE unit_path <@ ANY (CAST(@subtrees::text[] AS ltree[])) AND state = 'OFFICER_STATE_IN_OFFICE' ORDER BY unit_id;

-- name: LastHandbookDay :one
-- The last day on which one of some officers was given a handbook or gave it back.
SELECT coalesce(max(coalesce(r.returned_on, r.received_on)), '1900-01-01')::date AS day
FROM handbook_receipts r JOIN (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS officer_key) w
                              ON r.region = w.region AND r.officer_key = w.officer_key
WHERE r.handbook_key = @handbook_key;

-- name: ReceiveHandbook :execrows
INSERT INTO handbook_receipts (region, officer_key, handbook_region, handbook_key, received_on)
SELECT unnest(@regions::text[]), unnest(@officer_keys::text[]), @handbook_region::text, @handbook_key::text, @day::date
ON CONFLICT (region, officer_key, handbook_key) DO UPDATE SET received_on = excluded.received_on, returned_on = NULL
WHERE handbook_receipts.returned_on IS NOT NULL;

-- name: ReturnHandbook :execrows
UPDATE handbook_receipts r SET returned_on = @day::date
FROM (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS officer_key) w
WHERE r.region = w.region AND r.officer_key = w.officer_key AND r.handbook_key = @handbook_key AND r.returned_on IS NULL;

-- name: AddPowerItem :exec
INSERT INTO power_items (region, item_key, unit_path, create_time, body)
VALUES (@region, @item_key, @unit_path, @create_time, @body);

-- name: GetPowerItem :one
SELECT unit_path, body FROM power_items WHERE region = @region AND item_key = @item_key;

-- name: ListPowerItems :many
SELECT unit_path, item_key, body FROM power_items
WHERE unit_path <@ @subtree::ltree AND (unit_path, item_key) > (@after_path::ltree, @after_key::text)
ORDER BY unit_path, item_key
LIMIT @page_size;

-- name: AddOfficer :exec
INSERT INTO officers (region, officer_key, unit_id, type, state, term_from, term_to, unit_path, create_time, body)
VALUES (@region, @officer_key, @unit_id, @type, 1, @term_from, @term_to, @unit_path, @create_time, @body);

-- name: GetOfficer :one
SELECT unit_path, body FROM officers WHERE region = @region AND officer_key = @officer_key;

-- name: ListOfficers :many
SELECT officer_key, body FROM officers
WHERE unit_path <@ @subtree::ltree AND officer_key > @after_key
ORDER BY officer_key
LIMIT @page_size;

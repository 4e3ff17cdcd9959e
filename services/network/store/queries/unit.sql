-- name: AddUnit :execrows
INSERT INTO units (unit_id, valid_from, title, kind, level, division_code, parent_id, system_parent_id, region, path,
                   responsible_office, first_responsible)
VALUES (@unit_id, @valid_from, @title, @kind, @level, @division_code, @parent_id, @system_parent_id, @region, @path,
        @responsible_office, @first_responsible)
ON CONFLICT DO NOTHING;

-- name: GetUnit :one
SELECT * FROM units WHERE unit_id = @unit_id AND valid_from <= @on_date AND @on_date < valid_to;

-- name: UnitExists :one
SELECT EXISTS (SELECT FROM units WHERE unit_id = @unit_id);

-- name: GetRoot :one
SELECT unit_id FROM units WHERE parent_id = '' AND valid_to = '9999-12-31';

-- name: ListUnits :many
SELECT * FROM units
WHERE path <@ @subtree::ltree AND valid_from <= @on_date AND @on_date < valid_to
  AND (cardinality(@levels::smallint[]) = 0 OR level = ANY (@levels::smallint[]))
  AND (cardinality(@kinds::smallint[]) = 0 OR kind = ANY (@kinds::smallint[]))
  AND unit_id > @after_id
ORDER BY unit_id
LIMIT @page_size;

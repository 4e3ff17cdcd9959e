-- name: AddUnits :exec
INSERT INTO units (valid_from, unit_id, title, kind, level, division_code, parent_id, system_parent_id, region, path,
                   responsible_office, first_responsible)
SELECT unnest(@valid_from::date[]), unnest(@unit_id::text[]), unnest(@title::text[]), unnest(@kind::smallint[]),
       unnest(@level::smallint[]), unnest(@division_code::text[]), unnest(@parent_id::text[]), unnest(@system_parent_id::text[]),
       unnest(@region::text[]), unnest(@path::text[])::ltree, unnest(@responsible_office::text[]), unnest(@first_responsible::text[]);

-- name: GetUnit :one
SELECT * FROM units WHERE unit_id = @unit_id AND valid_from <= @on_date AND @on_date < valid_to;

-- name: CurrentUnits :many
SELECT * FROM units WHERE unit_id = ANY (@unit_ids::text[]) AND valid_to = '9999-12-31';

-- name: KnownUnits :many
-- Which of these ids were ever given to a unit: an id is never given twice.
SELECT DISTINCT unit_id FROM units WHERE unit_id = ANY (@unit_ids::text[]);

-- name: GetRoot :one
SELECT unit_id FROM units WHERE parent_id = '' AND valid_to = '9999-12-31';

-- name: ListUnits :many
SELECT * FROM units
WHERE path <@ @subtree::ltree AND valid_from <= @on_date AND @on_date < valid_to
  AND (cardinality(@levels::smallint[]) = 0 OR level = ANY (@levels::smallint[]))
  AND (cardinality(@kinds::smallint[]) = 0 OR kind = ANY (@kinds::smallint[]))
  AND (coalesce(cardinality(@sorts::text[]), 0) = 0 OR sort = ANY (@sorts::text[]))
  AND unit_id > @after_id
ORDER BY unit_id
LIMIT @page_size;

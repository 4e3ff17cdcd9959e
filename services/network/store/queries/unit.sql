-- name: AddUnits :exec
INSERT INTO units (valid_from, unit_id, title, title_form, kind, level, division_code, parent_id, system_parent_id, region, path,
                   responsible_office, first_responsible, leader_in_charge, sort)
SELECT unnest(@valid_from::date[]), unnest(@unit_id::text[]), unnest(@title::text[]), unnest(@title_form::text[]),
       unnest(@kind::text[]), unnest(@level::smallint[]), unnest(@division_code::text[]),
       unnest(@parent_id::text[]), unnest(@system_parent_id::text[]),
       unnest(@region::text[]), unnest(@path::text[])::ltree, unnest(@responsible_office::text[]),
       unnest(@first_responsible::text[]), unnest(@leader_in_charge::text[]), unnest(@sort::text[]);

-- name: GetUnit :one
SELECT * FROM units WHERE unit_id = @unit_id AND valid_from <= @on_date AND @on_date < valid_to;

-- name: LastVersions :many
-- What units that had ended by a day were on their last one.
SELECT u.* FROM units u JOIN unit_ends e ON e.unit_id = u.unit_id AND e.ended_on = u.valid_to
WHERE u.unit_id = ANY (@unit_ids::text[]) AND e.ended_on <= @day::date
ORDER BY u.path;

-- name: UnitTitles :many
-- What units are called on a day or, once they have ended, were called last.
SELECT DISTINCT ON (unit_id) unit_id, title FROM units WHERE unit_id = ANY (@unit_ids::text[]) AND valid_from <= @day::date
ORDER BY unit_id, valid_from DESC;

-- name: VersionsOfAll :many
-- What some units are on a day and later.
SELECT * FROM units WHERE unit_id = ANY (@unit_ids::text[]) AND valid_to > @day::date ORDER BY unit_id, valid_from;

-- name: KnownUnits :many
-- Which of these ids were ever given to a unit: an id is never given twice.
SELECT DISTINCT unit_id FROM units WHERE unit_id = ANY (@unit_ids::text[]);

-- name: SameTitled :many
-- Those of some units that stand, from a day on, beside another of the same title under the same unit, and the first such other.
SELECT DISTINCT ON (u.unit_id) u.unit_id, u.title, o.unit_id AS other_id, o.title AS other_title
FROM units u JOIN units o ON o.parent_id = u.parent_id AND o.title_form = u.title_form AND o.unit_id <> u.unit_id
                         AND o.valid_from < u.valid_to AND u.valid_from < o.valid_to AND o.valid_to > @day::date
WHERE u.unit_id = ANY (@unit_ids::text[]) AND u.valid_to > @day::date AND u.parent_id <> ''
ORDER BY u.unit_id, o.valid_from, o.unit_id;

-- name: GetRoot :one
SELECT unit_id FROM units WHERE parent_id = '' AND valid_to = '9999-12-31';

-- name: UnitsOn :many
SELECT * FROM units WHERE unit_id = ANY (@unit_ids::text[]) AND valid_from <= @on_date AND @on_date < valid_to ORDER BY path;

-- name: TitlesOn :many
SELECT unit_id, title FROM units WHERE unit_id = ANY (@unit_ids::text[]) AND valid_from <= @on_date AND @on_date < valid_to;

-- name: ListUnits :many
-- A page of a subtree in tree order: the first of each level and kind, each a range of one index, then the first of those.
SELECT u.* FROM unnest(@levels::smallint[]) AS l, unnest(@kinds::text[]) AS k, LATERAL (
    SELECT * FROM units
    WHERE level = l AND kind = k AND in_subtree(path, @subtree::ltree) AND path > @after_path::ltree
      AND (coalesce(cardinality(@sorts::text[]), 0) = 0 OR sort = ANY (@sorts::text[]))
      AND valid_from <= @on_date AND @on_date < valid_to
    ORDER BY path LIMIT @page_size
) u
ORDER BY u.path LIMIT @page_size;

-- name: ListChildren :many
SELECT * FROM units
WHERE parent_id = @parent_id AND valid_from <= @on_date AND @on_date < valid_to
  AND level = ANY (@levels::smallint[]) AND kind = ANY (@kinds::text[]) AND path > @after_path::ltree
  AND (coalesce(cardinality(@sorts::text[]), 0) = 0 OR sort = ANY (@sorts::text[]))
ORDER BY path LIMIT @page_size;

-- name: ListSystem :many
-- A page of a unit and all below it on the system line, in tree order; of those directly below it where asked for.
WITH RECURSIVE line AS (
    SELECT @unit_id::text AS unit_id, 0 AS depth
    UNION
    SELECT u.unit_id, l.depth + 1 FROM line l
    JOIN units u ON u.system_parent_id = l.unit_id AND u.system_parent_id <> ''
                AND u.valid_from <= @on_date AND @on_date < u.valid_to
    WHERE l.depth < CASE WHEN @children_only::boolean THEN 1 ELSE 100 END)
SELECT u.* FROM units u
WHERE u.unit_id IN (SELECT l.unit_id FROM line l WHERE NOT @children_only::boolean OR l.depth = 1)
  AND u.valid_from <= @on_date AND @on_date < u.valid_to AND u.path > @after_path::ltree
  AND u.level = ANY (@levels::smallint[]) AND u.kind = ANY (@kinds::text[])
  AND (coalesce(cardinality(@sorts::text[]), 0) = 0 OR u.sort = ANY (@sorts::text[]))
ORDER BY u.path LIMIT @page_size;

-- name: SystemBelow :many
-- What lies below a unit on the system line on a day, with what is to come there for the first time.
WITH RECURSIVE line AS (
    SELECT @unit_id::text AS unit_id, NULL::date AS valid_from, 0 AS depth
    UNION
    SELECT u.unit_id, u.valid_from, l.depth + 1 FROM line l
    JOIN units u ON u.system_parent_id = l.unit_id AND u.system_parent_id <> '' AND u.valid_to > @on_date::date
                AND (u.valid_from <= @on_date::date
                     OR NOT EXISTS (SELECT FROM units p WHERE p.unit_id = u.unit_id AND p.valid_from < u.valid_from))
    WHERE l.depth < 100)
SELECT u.* FROM (SELECT DISTINCT l.unit_id, l.valid_from FROM line l WHERE l.depth > 0 AND l.unit_id <> @unit_id::text) b
JOIN units u ON u.unit_id = b.unit_id AND u.valid_from = b.valid_from
ORDER BY u.path LIMIT @page_size;

-- name: ScanUnits :many
-- Units with a text in their titles among the next ones of a subtree: finds a page at once where the text is common.
SELECT n.* FROM (
    SELECT * FROM units
    WHERE in_subtree(path, @subtree::ltree) AND path > @after_path::ltree AND valid_from <= @on_date AND @on_date < valid_to
    ORDER BY path LIMIT @reach
) n
WHERE position(@needle::text IN n.title_form) > 0
ORDER BY n.path LIMIT @page_size;

-- name: HasMoreThan :one
-- Whether a subtree goes on beyond the next ones.
SELECT EXISTS (
    SELECT FROM units
    WHERE in_subtree(path, @subtree::ltree) AND path > @after_path::ltree AND valid_from <= @on_date AND @on_date < valid_to
    ORDER BY path OFFSET @reach
);

-- name: CountTitles :one
-- How many units have these pairs of characters in their titles, up to a limit.
SELECT count(*) FROM (SELECT FROM units WHERE bigrams(title_form) @@ (@pairs::text)::tsquery LIMIT @most) AS fitting;

-- name: SearchTitles :many
-- Units with a text in their titles below any of some units, none of which is below another: all that have it, through the index
-- of pairs, then those below.
-- OFFSET 0 keeps the two apart: the planner would rather go through the tree.
SELECT f.* FROM (
    SELECT * FROM units
    WHERE bigrams(title_form) @@ (@pairs::text)::tsquery AND valid_from <= @on_date AND @on_date < valid_to
    OFFSET 0
) f, unnest(@subtrees::text[]) AS top
WHERE f.path <@ top::ltree AND f.path > @after_path::ltree AND position(@needle::text IN f.title_form) > 0
ORDER BY f.path LIMIT @page_size;

-- name: SearchTree :many
-- The same, through the trees below those units, none of which is below another: for a text that many titles have.
SELECT u.* FROM unnest(@subtrees::text[]) AS top, LATERAL (
    SELECT * FROM units
    WHERE in_subtree(path, top::ltree) AND path > @after_path::ltree AND valid_from <= @on_date AND @on_date < valid_to
      AND position(@needle::text IN title_form) > 0
    ORDER BY path LIMIT @page_size
) u
ORDER BY u.path LIMIT @page_size;

-- name: SearchCodes :many
-- Units below some, none of which is below another, whose division codes begin with these digits, in the order of the codes.
SELECT * FROM units
WHERE division_code ~>=~ @digits::text AND division_code ~<~ (@digits::text || ':') AND division_code <> ''
  AND division_code ~>~ @after_code::text
  AND path <@ ANY (CAST(@subtrees::text[] AS ltree[])) AND valid_from <= @on_date AND @on_date < valid_to
ORDER BY division_code USING ~<~ LIMIT @page_size;

-- name: GetSuccessors :many
-- For each of some stored paths the last unit on it that holds on a day: what ended left its records there. No row where none does.
SELECT DISTINCT ON (p.path) p.path::text AS stored_path, sqlc.embed(u)
FROM (SELECT unnest(@paths::text[]) AS path) p
CROSS JOIN LATERAL unnest(string_to_array(p.path, '.')) WITH ORDINALITY AS label(unit_id, depth)
JOIN units u ON u.unit_id = label.unit_id
WHERE u.valid_from <= @on_date AND @on_date < u.valid_to
ORDER BY p.path, label.depth DESC;

-- name: UnitsBegun :many
-- Units as they are called last, and the first day of each.
SELECT unit_id, (array_agg(title ORDER BY valid_from DESC))[1]::text AS title, min(valid_from)::date AS began_on
FROM units WHERE unit_id = ANY (@unit_ids::text[]) GROUP BY unit_id;

-- name: AddScheme :execrows
INSERT INTO schemes (scheme_id, effective_from, unit_id, store_time, store_xact, body)
SELECT @scheme_id, @effective_from, @unit_id, @store_time, pg_current_xact_id()::text::bigint + b.xact, @body
FROM journal_base b
ON CONFLICT DO NOTHING;

-- name: SchemeStoreXact :one
-- Which transaction stored a version; 0 where there is none.
SELECT coalesce((SELECT store_xact FROM schemes WHERE scheme_id = @scheme_id AND effective_from = @effective_from), 0)::bigint;

-- name: ReplaceUnusedScheme :execrows
-- Replaces a version under which nobody has changed anything yet: the journal would say so. What the suite itself prepared, such
-- as open reports, reads the version by its name.
UPDATE schemes s SET body = @body, store_time = @store_time, store_xact = pg_current_xact_id()::text::bigint + b.xact
FROM journal_base b
WHERE s.scheme_id = @scheme_id AND s.effective_from = @effective_from AND NOT (
    s.effective_from <= @today::date AND EXISTS (
        SELECT FROM journal j
        WHERE string_to_array(j.unit_path::text, '.') @> ARRAY[s.unit_id]
          AND j.xact > s.store_xact AND j.at >= s.effective_from::timestamp AT TIME ZONE 'Asia/Shanghai'
          AND j.actor <> 'system' AND j.event NOT LIKE '%.SchemeService.%' AND j.event NOT LIKE '%.JournalService.%'));

-- name: GetUnitOfScheme :one
-- Unit that a scheme holds for: the same in all its versions.
SELECT unit_id FROM schemes WHERE scheme_id = @scheme_id LIMIT 1;

-- name: GetSchemeOfUnit :one
-- Scheme of a unit: it has one, in all its versions.
SELECT scheme_id FROM schemes WHERE unit_id = @unit_id ORDER BY effective_from DESC, scheme_id LIMIT 1;

-- name: EffectiveScheme :one
-- The scheme of the nearest of units, which are given from the root down.
SELECT body FROM schemes
WHERE unit_id = ANY (@units::text[]) AND effective_from <= @on_date
ORDER BY array_position(@units::text[], unit_id) DESC, effective_from DESC, scheme_id
LIMIT 1;

-- name: EffectiveSchemes :many
-- What holds on a day for each unit that has a scheme.
SELECT DISTINCT ON (unit_id) body FROM schemes WHERE effective_from <= @on_date ORDER BY unit_id, effective_from DESC;

-- name: EffectiveVersion :one
-- Which version that is, and since when it is as it is.
SELECT scheme_id, effective_from, store_time FROM schemes
WHERE unit_id = ANY (@units::text[]) AND effective_from <= @on_date
ORDER BY array_position(@units::text[], unit_id) DESC, effective_from DESC, scheme_id
LIMIT 1;

-- name: SchemeVersion :one
SELECT body FROM schemes WHERE scheme_id = @scheme_id AND effective_from = @effective_from;

-- name: ListSchemes :many
SELECT scheme_id, effective_from, body FROM schemes
WHERE (scheme_id, effective_from) > (@after_id::text, @after_from::date)
ORDER BY scheme_id, effective_from
LIMIT @page_size;

-- name: ListAllSchemes :many
SELECT store_time, body FROM schemes ORDER BY scheme_id, effective_from;

-- name: SchemeTerms :many
-- Ids of the entries of a list, in any version of any scheme.
SELECT DISTINCT (entry ->> 'id')::text AS id
FROM schemes s, jsonb_array_elements(s.body -> @list::text) AS entry
ORDER BY 1;

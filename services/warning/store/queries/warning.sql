-- name: FirstWarningOfFinding :one
-- The first warning that a finding led to, of the same unit or post, and that was not withdrawn.
SELECT region, key, coalesce(body ->> 'title', '')::text AS title FROM warnings
WHERE finding = @finding AND finding <> '' AND unit_id = @unit_id AND coalesce(body #>> '{addressees,0,position}', '') = @position::text AND state <> @withdrawn::text
ORDER BY key
LIMIT 1;

-- name: AddAddressees :exec
-- The units of the addressees of a new warning, in their order.
INSERT INTO warning_addressees (region, key, number, unit_path)
SELECT @region, @key, number, path::ltree FROM unnest(@paths::text[]) WITH ORDINALITY AS addressee (path, number);

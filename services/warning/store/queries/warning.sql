-- name: FirstWarningOfFinding :one
-- The first warning that a finding led to, that has one of some addressees, units or posts, too, and that was not withdrawn.
SELECT region, key, coalesce(body ->> 'title', '')::text AS title FROM warnings
WHERE finding = @finding AND finding <> '' AND state <> @withdrawn::text AND EXISTS (
    SELECT FROM jsonb_array_elements(body -> 'addressees') AS a
    JOIN (SELECT unnest(@units::text[]) AS unit, unnest(@positions::text[]) AS position) AS n
      ON a ->> 'unit' = n.unit AND coalesce(a ->> 'position', '') = n.position)
ORDER BY key
LIMIT 1;

-- name: AddAddressees :exec
-- The units of the addressees of a new warning, in their order.
INSERT INTO warning_addressees (region, key, number, unit_path)
SELECT @region, @key, number, path::ltree FROM unnest(@paths::text[]) WITH ORDINALITY AS addressee (path, number);

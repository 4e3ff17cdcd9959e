-- name: FirstWarningOfFinding :one
-- The first warning that a finding led to, of the same unit or post, and that was not withdrawn.
SELECT region, key, coalesce(body ->> 'title', '')::text AS title FROM warnings
WHERE finding = @finding AND finding <> '' AND coalesce(body ->> 'position', '') = @position::text AND state <> @withdrawn::text
ORDER BY key
LIMIT 1;

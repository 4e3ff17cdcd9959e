-- name: AddWarning :exec
INSERT INTO warnings (region, warning_key, unit_id, unit_path, supervising_path, unit_title, office_title, issuer, warning_level, state,
                      rise_after, rectify_on, body)
VALUES (@region, @warning_key, @unit_id, @unit_path, @supervising_path, @unit_title, @office_title, @issuer, @warning_level, @state,
        @rise_after, @rectify_on, @body);

-- name: GetWarning :one
SELECT * FROM warnings WHERE region = @region AND warning_key = @warning_key;

-- name: LockWarning :one
SELECT * FROM warnings WHERE region = @region AND warning_key = @warning_key FOR UPDATE;

-- name: SaveWarning :exec
UPDATE warnings SET warning_level = @warning_level, state = @state, rise_after = @rise_after, rectify_on = @rectify_on, rectified_on = @rectified_on,
                    body = @body, revision = revision + 1
WHERE region = @region AND warning_key = @warning_key;

-- name: ListWarnings :many
-- Warnings to, or supervised from, a subtree. One that never went out does not show to the unit it is about.
SELECT * FROM warnings
WHERE (@supervised::boolean AND supervising_path <@ @subtree::ltree OR NOT @supervised::boolean AND unit_path <@ @subtree::ltree)
  AND (cardinality(@states::smallint[]) = 0 OR state = ANY (@states::smallint[]))
  AND (coalesce(cardinality(@warning_levels::text[]), 0) = 0 OR warning_level = ANY (@warning_levels::text[]))
  AND (rectify_on IS NOT NULL OR unit_id <> @caller::text)
  AND warning_key < @before_key
ORDER BY warning_key DESC
LIMIT @page_size;

-- name: LockOverdueWarnings :many
-- A page of warnings whose time is over, in the order in which notice numbers are locked too.
SELECT * FROM warnings WHERE rise_after < @today::date
ORDER BY region, warning_key
LIMIT @page_size
FOR UPDATE SKIP LOCKED;

-- name: NextNoticeNumber :one
-- The next number of a region and year; concurrent notices of the same wait for each other.
INSERT INTO notice_numbers (region, year, last) VALUES (@region, @year, 1)
ON CONFLICT (region, year) DO UPDATE SET last = notice_numbers.last + 1
RETURNING last;

-- name: SentTo :one
-- Whether a bulletin was sent to a unit, to one below it or to one that it acts for.
SELECT EXISTS (
    SELECT FROM bulletin_receipts WHERE bulletin = @bulletin
    AND (@unit::text = ANY (string_to_array(unit_path::text, '.')) OR @unit = ANY (string_to_array(acting_path(unit_path)::text, '.')))
);

-- name: NextBulletinNumber :one
-- The next number of a unit's kind in a year; concurrent bulletins of the same wait for each other.
INSERT INTO bulletin_numbers (unit_id, kind, year, last) VALUES (@unit_id, @kind, @year, 1)
ON CONFLICT (unit_id, kind, year) DO UPDATE SET last = bulletin_numbers.last + 1
RETURNING last;

-- name: WarningsByLevel :many
-- Warnings that a unit and those below it issued in a time, by level, and how many of them have ended.
SELECT warning_level, count(*) AS issued, count(*) FILTER (WHERE ended_on IS NOT NULL) AS ended
FROM warnings
WHERE issuer_path <@ @unit::ltree AND went_out AND state <> @withdrawn::text
  AND create_time >= @from_time::timestamptz AND create_time < @before_time::timestamptz
GROUP BY warning_level;

-- name: RectificationsByUnit :many
-- Rectifications of such warnings that fell due between two days, by unit, those with the most overdue first.
SELECT coalesce(max(body #>> '{addressees,0,unitTitle}'), '')::text AS unit_title, count(*) AS due,
       count(*) FILTER (WHERE rectified_on <= due_on) AS in_time,
       count(*) FILTER (WHERE rectified_on IS NULL AND due_on < @today::date) AS overdue
FROM warnings
WHERE issuer_path <@ @unit::ltree AND due_on BETWEEN @first_day::date AND @last_day::date AND state <> @withdrawn::text
GROUP BY unit_id
ORDER BY overdue DESC, due DESC, unit_id
LIMIT @most;

-- name: BulletinsAnsweredOnTime :many
-- Bulletins to units of a subtree whose answer was due between two days and is either sent or overdue. The first named ones are named.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE answered_on <= due_on) AS met,
       (array_agg(region || '-' || key ORDER BY key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN bulletin_receipts r ON r.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree
  AND due_on BETWEEN @first_day::date AND @last_day::date
  AND (due_on < @today::date OR answered_on IS NOT NULL)
GROUP BY f.acting_id;

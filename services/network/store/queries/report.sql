-- name: ClaimPeriod :execrows
-- Notes that a schedule has opened a period for a subtree; none where it had.
INSERT INTO opened_periods (unit_path, schedule_id, period) VALUES (@unit_path, @schedule_id, @period) ON CONFLICT DO NOTHING;

-- name: OpenReports :many
-- Opens the reports of one period for the units that owed them on the day the window opened, however long ago that is, and
-- that are still there; those open already stay. They are counted where they stood on that day, and reached where they stand
-- today. An exception that was granted before holds from the start. Excluded units have schemes of their own: what lay below
-- the top on that day, a scheme further down keeps to itself, whatever is planned for it.
INSERT INTO reports (region, unit_id, schedule_id, period, period_first, unit_path, unit_path_then, open_on, close_on,
                     scheduled_close_on, exempted, exception, state, body)
SELECT h.region, h.unit_id, @schedule_id::text, @period::text, @period_first::date, h.path, u.path, @open_on::date,
       coalesce(e.extend_to, @close_on::date), @close_on::date, e.body IS NOT NULL AND e.extend_to IS NULL, e.body,
       @state::text, @body::jsonb
FROM units t
JOIN units u ON in_subtree(u.path, t.path) AND u.valid_from <= @open_on::date AND @open_on::date < u.valid_to
JOIN units h ON h.unit_id = u.unit_id AND h.valid_from <= @today::date AND @today::date < h.valid_to
LEFT JOIN report_exceptions e ON e.unit_id = u.unit_id AND e.schedule_id = @schedule_id::text AND e.period = @period::text
                             AND e.in_force
WHERE t.unit_id = @top AND t.valid_from <= @open_on::date AND @open_on::date < t.valid_to
  AND u.level = ANY (@levels::smallint[])
  AND (cardinality(@kinds::text[]) = 0 OR u.kind = ANY (@kinds::text[]))
  AND NOT EXISTS (SELECT FROM units n
                  WHERE n.unit_id = ANY (@excluded::text[]) AND n.valid_from <= @open_on::date AND @open_on::date < n.valid_to
                    AND u.path <@ n.path AND nlevel(n.path) > nlevel(t.path))
ON CONFLICT DO NOTHING
RETURNING region, unit_id, unit_path;

-- name: OpenOneReport :execrows
-- Opens one report by hand; none where there is one.
INSERT INTO reports (region, unit_id, schedule_id, period, period_first, unit_path, unit_path_then, open_on, close_on,
                     scheduled_close_on, exempted, exception, state, body)
SELECT @region, @unit_id, @schedule_id, @period, @period_first, @unit_path::ltree, @unit_path::ltree, @open_on,
       coalesce(max(e.extend_to), @close_on::date), @close_on::date, bool_or(e.body IS NOT NULL AND e.extend_to IS NULL) IS TRUE,
       (array_agg(e.body))[1], @state, @body
FROM report_exceptions e WHERE e.unit_id = @unit_id AND e.schedule_id = @schedule_id AND e.period = @period AND e.in_force
ON CONFLICT DO NOTHING;

-- name: GetReport :one
-- The region leads the key; the tree knows it also of a unit that is no more.
SELECT * FROM reports
WHERE region IN (SELECT u.region FROM units u WHERE u.unit_id = @unit_id)
  AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period;

-- name: LockReport :one
SELECT * FROM reports
WHERE region IN (SELECT u.region FROM units u WHERE u.unit_id = @unit_id)
  AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period
FOR UPDATE;

-- name: SaveReport :exec
UPDATE reports SET state = @state, submit_on = @submit_on, version = @version, zero = @zero, returns = @returns,
                   content_met = @content_met, content_of = @content_of, revision = @revision, body = @body,
                   draft_revision = @draft_revision, draft = @draft
WHERE region = @region AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period;

-- name: ArchiveReport :exec
-- Keeps the version that stands, before the next one takes its place.
INSERT INTO report_versions (region, unit_id, schedule_id, period, version, body)
SELECT r.region, r.unit_id, r.schedule_id, r.period, r.version, r.body FROM reports r
WHERE r.region = @region AND r.unit_id = @unit_id AND r.schedule_id = @schedule_id AND r.period = @period;

-- name: GetReportVersion :one
SELECT body FROM report_versions
WHERE region = @region AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period AND version = @version;

-- name: ListReportVersions :many
-- Versions that were replaced, the newest first.
SELECT version, body FROM report_versions
WHERE region = @region AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period AND version < @before_version
ORDER BY version DESC
LIMIT @page_size;

-- name: ListReports :many
SELECT * FROM reports
WHERE unit_path <@ @subtree::ltree
  AND (@period::text = '' OR period = @period::text)
  AND (@schedule::text = '' OR schedule_id = @schedule::text)
  AND (cardinality(@states::text[]) = 0 OR state = ANY (@states::text[]))
  AND (period_first, unit_id, schedule_id) < (@before_first::date, @before_unit::text, @before_schedule::text)
ORDER BY period_first DESC, unit_id DESC, schedule_id DESC
LIMIT @page_size;

-- name: ListOverdueReports :many
-- Apart from the others, so that the index on what is unsent serves it.
SELECT * FROM reports
WHERE submit_on IS NULL AND NOT exempted AND close_on < @today::date AND unit_path <@ @subtree::ltree
  AND (@period::text = '' OR period = @period::text)
  AND (@schedule::text = '' OR schedule_id = @schedule::text)
  AND (cardinality(@states::text[]) = 0 OR state = ANY (@states::text[]))
  AND (period_first, unit_id, schedule_id) < (@before_first::date, @before_unit::text, @before_schedule::text)
ORDER BY period_first DESC, unit_id DESC, schedule_id DESC
LIMIT @page_size;

-- name: CountOutcomes :many
-- Tips handled in a subtree, by unit concerned, subject area and the outcome they were closed with: those received in a span of
-- time, and those closed in it, whenever they were received.
SELECT unit_id, subject_area, (body->>'outcome')::text AS outcome,
       count(*) FILTER (WHERE receive_time >= @span_from AND receive_time < @span_before) AS closed,
       count(*) FILTER (WHERE close_time >= @span_from AND close_time < @span_before)     AS closed_within
FROM tips
WHERE handling_path <@ @subtree::ltree
  AND (receive_time >= @span_from AND receive_time < @span_before OR close_time >= @span_from AND close_time < @span_before)
  AND state = @closed_state::text AND body ? 'outcome' AND NOT concealed_from ?| @reader_units::text[]
GROUP BY unit_id, subject_area, body->>'outcome'
ORDER BY unit_id, subject_area, body->>'outcome';

-- name: VersionHasReports :one
-- Whether a report has been opened under a version of a scheme.
SELECT EXISTS (SELECT FROM reports WHERE scheme_version = @scheme_version);

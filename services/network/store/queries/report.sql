-- name: OpenedPeriods :many
-- Periods that are opened, and the days on which they were last looked at.
SELECT * FROM opened_periods;

-- name: NotePeriod :exec
-- Notes that a version of a scheme has looked who owes the report of a period.
INSERT INTO opened_periods (scheme_version, schedule_id, period, looked_on)
VALUES (@scheme_version, @schedule_id, @period, @looked_on)
ON CONFLICT (scheme_version, schedule_id, period) DO UPDATE SET looked_on = excluded.looked_on;

-- name: OpenReports :many
-- Opens the reports of one period for the units that were asked on some days, however long ago, or on days before these that their
-- report of the period before left over: it was sent earlier or waived, and whoever is asked no longer tells of them in this one.
-- Those open already stay. They are counted where they stood then, and reached where they stand today or, where they have ended,
-- at their successors; unless what is asked looks at a moment, which is past for them. An exception that was granted before holds
-- from the start.
INSERT INTO reports (region, unit_id, schedule_id, period, period_first, unit_path, unit_path_then, open_on, close_on,
                     scheduled_close_on, cover_to, exempted, exception, state, body)
SELECT a.region, a.unit_id, @schedule_id::text, @period::text, @period_first::date,
       coalesce(h.path, record_path(a.unit_id, @today::date)), a.path, @open_on::date,
       coalesce(e.extend_to, @close_on::date), @close_on::date, @cover_to::date, e.body IS NOT NULL AND e.extend_to IS NULL,
       e.body, @state::text, @body::jsonb
FROM (
    SELECT DISTINCT ON (asked.unit_id) asked.unit_id, asked.region, asked.path
    FROM asked_units(@top::text, @levels::smallint[], @kinds::text[], @sorts::text[], @other_units::text[], @other_from::date[],
                     least(@first_day::date, @left_from::date), @last_day::date) asked
    LEFT JOIN reports b ON b.region = asked.region AND b.unit_id = asked.unit_id AND b.schedule_id = @schedule_id::text
                       AND b.period = @period_before::text
    CROSS JOIN LATERAL (SELECT
        daterange(@first_day::date, @last_day::date, '[]') AS owed,
        daterange(least(CASE WHEN b.submit_on IS NULL AND b.exempted THEN @left_from::date ELSE b.cover_to + 1 END,
                        @left_before::date), @left_before::date) AS left_over) days
    WHERE asked.days && days.owed OR asked.days && days.left_over
    ORDER BY asked.unit_id, asked.days && days.owed DESC, asked.days
) a
LEFT JOIN units h ON h.unit_id = a.unit_id AND h.valid_from <= @today::date AND @today::date < h.valid_to
LEFT JOIN report_exceptions e ON e.unit_id = a.unit_id AND e.schedule_id = @schedule_id::text AND e.period = @period::text
                             AND e.in_force
WHERE (h.unit_id IS NOT NULL OR NOT @looks::boolean AND record_path(a.unit_id, @today::date) IS NOT NULL)
  AND NOT EXISTS (SELECT FROM reports r
                  WHERE r.region = a.region AND r.unit_id = a.unit_id AND r.schedule_id = @schedule_id::text
                    AND r.period = @period::text)
ON CONFLICT DO NOTHING
RETURNING region, unit_id, unit_path, close_on, exempted;

-- name: OpenOneReport :execrows
-- Opens one report by hand; none where there is one.
INSERT INTO reports (region, unit_id, schedule_id, period, period_first, unit_path, unit_path_then, open_on, close_on,
                     scheduled_close_on, cover_to, exempted, exception, state, body)
SELECT @region, @unit_id, @schedule_id, @period, @period_first, @unit_path::ltree, @unit_path::ltree, @open_on,
       coalesce(max(e.extend_to), @close_on::date), @close_on::date, @cover_to::date,
       bool_or(e.body IS NOT NULL AND e.extend_to IS NULL) IS TRUE,
       (array_agg(e.body))[1], @state, @body
FROM report_exceptions e WHERE e.unit_id = @unit_id AND e.schedule_id = @schedule_id AND e.period = @period AND e.in_force
ON CONFLICT DO NOTHING;

-- name: GetReport :one
-- The region leads the key; the tree knows it also of a unit that is no more.
SELECT * FROM reports
WHERE region IN (SELECT u.region FROM units u WHERE u.unit_id = @unit_id)
  AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period;

-- name: ReportPaths :many
-- Where the units of some reports stand, of those that have been opened.
SELECT r.unit_id, r.schedule_id, r.period, r.unit_path
FROM (SELECT unnest(@unit_ids::text[]) AS unit_id, unnest(@schedule_ids::text[]) AS schedule_id, unnest(@periods::text[]) AS period) n
JOIN reports r USING (unit_id, schedule_id, period)
WHERE r.region IN (SELECT u.region FROM units u WHERE u.unit_id = n.unit_id);

-- name: ReportsNamed :many
-- As GetReport, of many, in the order in which they are named.
SELECT r.*
FROM (SELECT unnest(@unit_ids::text[]) AS unit_id, unnest(@schedule_ids::text[]) AS schedule_id, unnest(@periods::text[]) AS period,
             generate_subscripts(@periods::text[], 1) AS at) n
JOIN reports r USING (unit_id, schedule_id, period)
WHERE r.region IN (SELECT u.region FROM units u WHERE u.unit_id = n.unit_id)
ORDER BY n.at;

-- name: LockReport :one
SELECT * FROM reports
WHERE region IN (SELECT u.region FROM units u WHERE u.unit_id = @unit_id)
  AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period
FOR UPDATE;

-- name: SaveReport :exec
UPDATE reports SET state = @state, submit_on = @submit_on, cover_from = @cover_from, cover_to = @cover_to,
    version = @version, zero = @zero, returns = @returns,
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
WHERE unit_path <@ ANY ((@subtrees::text[])::ltree[])
  AND (@period::text = '' OR period = @period::text)
  AND period_first BETWEEN @first_from::date AND @first_until::date
  AND (@period_form::text = '' OR period ~ @period_form::text)
  AND (@schedule::text = '' OR schedule_id = @schedule::text)
  AND (cardinality(@states::text[]) = 0 OR state = ANY (@states::text[]))
  AND (period_first, unit_id, schedule_id) < (@before_first::date, @before_unit::text, @before_schedule::text)
ORDER BY period_first DESC, unit_id DESC, schedule_id DESC
LIMIT @page_size;

-- name: ListOverdueReports :many
-- Apart from the others, so that the index on what is unsent serves it.
SELECT * FROM reports
WHERE submit_on IS NULL AND NOT exempted AND close_on < @today::date AND unit_path <@ ANY ((@subtrees::text[])::ltree[])
  AND (@period::text = '' OR period = @period::text)
  AND period_first BETWEEN @first_from::date AND @first_until::date
  AND (@period_form::text = '' OR period ~ @period_form::text)
  AND (@schedule::text = '' OR schedule_id = @schedule::text)
  AND (cardinality(@states::text[]) = 0 OR state = ANY (@states::text[]))
  AND (period_first, unit_id, schedule_id) < (@before_first::date, @before_unit::text, @before_schedule::text)
ORDER BY period_first DESC, unit_id DESC, schedule_id DESC
LIMIT @page_size;

-- name: ListLateReports :many
-- Apart from the others, so that the index on what was sent late serves it.
SELECT * FROM reports
WHERE submit_on > close_on AND NOT exempted AND unit_path <@ ANY ((@subtrees::text[])::ltree[])
  AND (@period::text = '' OR period = @period::text)
  AND period_first BETWEEN @first_from::date AND @first_until::date
  AND (@period_form::text = '' OR period ~ @period_form::text)
  AND (@schedule::text = '' OR schedule_id = @schedule::text)
  AND (cardinality(@states::text[]) = 0 OR state = ANY (@states::text[]))
  AND (period_first, unit_id, schedule_id) < (@before_first::date, @before_unit::text, @before_schedule::text)
ORDER BY period_first DESC, unit_id DESC, schedule_id DESC
LIMIT @page_size;

-- name: ListUnfiledReports :many
-- Apart from the others, so that the index on what is not filed serves it.
SELECT * FROM reports
WHERE filing_due_on IS NOT NULL AND unit_path <@ ANY ((@subtrees::text[])::ltree[])
  AND (@period::text = '' OR period = @period::text)
  AND period_first BETWEEN @first_from::date AND @first_until::date
  AND (@period_form::text = '' OR period ~ @period_form::text)
  AND (@schedule::text = '' OR schedule_id = @schedule::text)
  AND (cardinality(@states::text[]) = 0 OR state = ANY (@states::text[]))
  AND (period_first, unit_id, schedule_id) < (@before_first::date, @before_unit::text, @before_schedule::text)
ORDER BY period_first DESC, unit_id DESC, schedule_id DESC
LIMIT @page_size;

-- name: CoverageAround :one
-- What bounds the days of a report: the one before it that covers any, by the first day of its period and the last that it covers;
-- the first period of those between, which cover nothing, as they need not be sent and were not; the first day that a later one
-- covers that was sent; and the first and the last day of the unit.
SELECT p.period_first AS before_first, p.cover_to AS before_to,
       (SELECT min(w.period_first) FROM reports w
        WHERE w.region = @region AND w.unit_id = @unit_id AND w.schedule_id = @schedule_id AND w.period_first <= @period_first
          AND (p.period_first IS NULL OR w.period_first > p.period_first))::date AS run_first,
       (SELECT min(n.cover_from) FROM reports n
        WHERE n.region = @region AND n.unit_id = @unit_id AND n.schedule_id = @schedule_id AND n.period_first > @period_first
          AND n.submit_on IS NOT NULL)::date AS covered_from,
       (SELECT min(u.valid_from) FROM units u WHERE u.unit_id = @unit_id)::date AS began_on,
       (SELECT e.last_on FROM unit_ends e WHERE e.unit_id = @unit_id AND e.ended_on <= @today::date)::date AS last_on
FROM (SELECT) one
LEFT JOIN LATERAL (SELECT b.period_first, b.cover_to FROM reports b
                   WHERE b.region = @region AND b.unit_id = @unit_id AND b.schedule_id = @schedule_id
                     AND b.period_first < @period_first AND (b.submit_on IS NOT NULL OR NOT b.exempted)
                   ORDER BY b.period_first DESC LIMIT 1) p ON true;

-- name: CountReportTips :many
-- What a report tells of tips, by unit concerned, subject area, channel, all other roles that their senders held, the unit that these
-- are sought in, and the outcome they were closed with: what came to the unit or those below it in a span of time, as they lay below it then, wherever it is now;
-- what was closed there in it; and what was sent for one of them to a unit outside. How a tip stands that is handled outside by now
-- is not told, nor anything of one that is kept from whoever reads the numbers.
WITH RECURSIVE below AS ( -- units that lay below it on some of the days, and those whose records came to them
    SELECT u.unit_id FROM units t
    JOIN units u ON in_subtree(u.path, t.path) AND u.valid_to >= @first_day::date AND u.valid_from <= @last_day::date
    WHERE t.unit_id = @top::text AND t.valid_to >= @first_day::date AND t.valid_from <= @last_day::date
    UNION
    SELECT e.unit_id FROM below b JOIN unit_ends e ON e.successor_id = b.unit_id
), months AS (
    SELECT array_agg(unit_month('units/' || b.unit_id, m::date)) AS of_units FROM below b
    CROSS JOIN generate_series(date_trunc('month', @first_day::date), @last_day::date, interval '1 month') AS m
), near AS MATERIALIZED (
    SELECT c.*, c.handling_path <@ @subtree::ltree AS here, NOT c.concealed_from ?| @reader_units::text[] AS told,
           c.receive_time >= @span_from AND c.receive_time < @span_before AS in_span,
           came_below(c.body ->> 'firstUnit', @top::text, c.receive_time) IS TRUE AS first_here
    FROM tips c WHERE c.counted_in && (SELECT of_units FROM months) AND c.state <> @duplicate::text
), placed AS (
    SELECT n.*, CASE WHEN n.first_here THEN n.receive_time ELSE (
                    SELECT min((r ->> 'referTime')::timestamptz) FROM jsonb_array_elements(n.body -> 'referrals') r
                    WHERE came_below(r ->> 'toUnit', @top::text, (r ->> 'referTime')::timestamptz)) END AS came,
           n.close_time >= @span_from AND n.close_time < @span_before
           AND came_below(n.body ->> 'handlingUnit', @top::text, n.close_time) IS TRUE AS closed_here
    FROM near n
), counted AS (
    SELECT unit_id, subject_area, channel, source_roles, source_unit_id,
           CASE WHEN here OR closed_here THEN coalesce(body ->> 'outcome', '') ELSE '' END AS outcome,
           c.returned, c.accepted, c.closed, c.urgents, c.unfoundeds, here, first_here,
           told AND came >= @span_from AND came < @span_before IS TRUE AS received,
           told AND closed_here IS TRUE                                AS closed_within,
           sending_unit <> '' AND in_span AND NOT first_here AND came_below(sending_unit, @top::text, receive_time) AS sent
    FROM placed, tip_counts(state, urgent, unfounded) AS c (counts, returned, accepted, closed, urgents, unfoundeds)
)
SELECT unit_id, subject_area, channel, (CASE WHEN received OR closed_within THEN source_roles ELSE '[]' END)::jsonb AS roles,
       (CASE WHEN source_roles <> '[]' THEN source_unit_id ELSE '' END)::text AS source_unit, outcome,
       count(*)                                                                                               AS tips,
       count(*) FILTER (WHERE received AND first_here)                                                        AS collected,
       count(*) FILTER (WHERE received)                                                                       AS received,
       count(*) FILTER (WHERE sent)                                                                           AS sent,
       count(*) FILTER (WHERE received AND NOT here)                                                          AS referred,
       coalesce(sum(returned) FILTER (WHERE received AND here), 0)::bigint                                        AS returned,
       coalesce(sum(accepted) FILTER (WHERE received AND here), 0)::bigint                                        AS accepted,
       coalesce(sum(closed) FILTER (WHERE received AND here), 0)::bigint                                          AS closed,
       coalesce(sum(urgents) FILTER (WHERE received AND here), 0)::bigint                                         AS urgent,
       coalesce(sum(unfoundeds) FILTER (WHERE received AND here), 0)::bigint                                      AS unfounded,
       count(*) FILTER (WHERE closed_within)                                                                  AS closed_within
FROM counted
WHERE received OR closed_within OR sent
GROUP BY unit_id, subject_area, channel, roles, source_unit, outcome
ORDER BY unit_id, subject_area, channel, roles, source_unit, outcome;

-- name: CountSystemTips :many
-- What a report tells of tips about what lies below its unit on the system line, in the same groups: what came in a span of time,
-- whoever handles it, save what came to the unit or those below it, which CountReportTips counts, and what is kept from whoever
-- reads the numbers.
WITH counted AS (
    SELECT t.unit_id, t.subject_area, t.channel, t.source_roles,
           (CASE WHEN t.source_roles <> '[]' THEN t.source_unit_id ELSE '' END)::text AS source_unit, c.*
    FROM tips t, tip_counts(t.state, t.urgent, t.unfounded) AS c (counts, returned, accepted, closed, urgents, unfoundeds)
    WHERE t.unit_path <@ ANY (ARRAY(SELECT record_path(u, @today::date) FROM unnest(@units::text[]) AS u))
      AND t.receive_time >= @span_from AND t.receive_time < @span_before
      AND t.state <> @duplicate::text AND NOT t.concealed_from ?| @reader_units::text[]
      AND came_below(t.body ->> 'firstUnit', @top::text, t.receive_time) IS NOT TRUE
      AND NOT EXISTS (SELECT FROM jsonb_path_query(t.body, '$.referrals[*]') AS r
                      WHERE came_below(r ->> 'toUnit', @top::text, (r ->> 'referTime')::timestamptz))
)
SELECT unit_id, subject_area, channel, source_roles::jsonb AS roles, source_unit, count(*) AS received,
       sum(returned)::bigint AS returned, sum(accepted)::bigint AS accepted, sum(closed)::bigint AS closed,
       sum(urgents)::bigint AS urgent, sum(unfoundeds)::bigint AS unfounded
FROM counted
GROUP BY unit_id, subject_area, channel, roles, source_unit
ORDER BY unit_id, subject_area, channel, roles, source_unit;

-- name: VersionHasReports :one
-- Whether a report has been opened under a version of a scheme.
SELECT EXISTS (SELECT FROM reports WHERE scheme_version = @scheme_version);

-- name: ReportsBelow :many
-- A page of what a unit and those below it, as the tree then was, owed under a schedule for a period, by the titles they had last: the
-- versions that stand, in some states, or all of them. Reports of the schedule that sums them up are the unit's own sums.
SELECT r.unit_path_then, r.unit_id, r.period, r.state, r.close_on, r.submit_on, r.exempted, r.body,
       coalesce((SELECT u.title FROM units u WHERE u.unit_id = r.unit_id ORDER BY u.valid_from DESC LIMIT 1), '')::text AS title
FROM (SELECT unnest((@tops::text[])::ltree[]) AS path) top
JOIN reports r ON in_subtree(r.unit_path_then, top.path)
WHERE r.schedule_id = @schedule_id AND r.period_first = @period_first AND r.unit_path_then > @after_path::ltree
  AND (r.unit_id, r.schedule_id) <> (@unit_id::text, @own_schedule::text)
  AND (@every::boolean OR r.state = ANY (@states::text[]) AND NOT r.exempted)
ORDER BY r.unit_path_then
LIMIT @page_size;

-- name: SumsSent :many
-- The reports of some units, as they stand today, that were sent of one of some schedules for the period beside it.
SELECT u.region, u.unit_id, u.path AS unit_path, r.schedule_id, r.period
FROM (SELECT unnest(@schedules::text[]) AS schedule_id, unnest(@periods::text[]) AS period) a
JOIN reports r ON r.unit_id = ANY (@unit_ids::text[]) AND r.schedule_id = a.schedule_id AND r.period = a.period
JOIN units u ON u.unit_id = r.unit_id AND u.valid_from <= @today::date AND @today::date < u.valid_to
WHERE r.submit_on IS NOT NULL
ORDER BY u.unit_id, r.schedule_id;

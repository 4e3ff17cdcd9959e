-- name: ReportTimeliness :many
-- Reports whose last day fell between first_day and due_until, or that were sent between first_day and last_day.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE submit_on <= close_on) AS met,
       (array_agg(r.unit_id || '.' || schedule_id || '.' || period
                  ORDER BY period_first, schedule_id))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN reports r ON r.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree AND NOT exempted
  AND (close_on BETWEEN @first_day::date AND @due_until::date OR submit_on BETWEEN @first_day::date AND @last_day::date)
GROUP BY f.acting_id;

-- name: ReportsFiledOnTime :many
-- Reports that were to be filed outside the tree by a day of a period, as far as they are or that day was before today.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE filed_on <= file_by) AS met,
       (array_agg(r.unit_id || '.' || schedule_id || '.' || period
                  ORDER BY period_first, schedule_id))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN reports r ON r.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree AND file_by BETWEEN @first_day::date AND @last_day::date
  AND (filed_on IS NOT NULL OR file_by < @today::date)
GROUP BY f.acting_id;

-- name: ReportCompleteness :many
-- Reports sent between first_day and last_day that were asked for something; those are met that hold all of it.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE content_met = content_of) AS met,
       (array_agg(r.unit_id || '.' || schedule_id || '.' || period
                  ORDER BY period_first, schedule_id))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN reports r ON r.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree AND NOT exempted
  AND submit_on BETWEEN @first_day::date AND @last_day::date AND content_of > 0
GROUP BY f.acting_id;

-- name: TipQuality :many
-- Tips that officers of a unit or below it sent and that were checked, as far as the months of a period told their sums. The sums
-- hide which tips they are made of (ADR 024), so officers are named in their place.
SELECT u.unit_id, sum((p.body ->> 'judged')::bigint)::bigint AS total,
       sum(coalesce((p.body ->> 'acceptedAtOnce')::bigint, 0))::bigint AS met,
       (array_agg(DISTINCT o.region || '-' || o.key))[1:@named::int]::text[] AS records
FROM units u
JOIN officers o ON o.unit_path <@ u.path
JOIN officer_points p ON p.officer = 'officers/' || o.region || '-' || o.key
WHERE u.unit_id = ANY (@units::text[]) AND u.path <@ @root::ltree AND u.valid_from <= @today::date AND @today::date < u.valid_to
  AND p.last_month BETWEEN @first_month::text AND @final_month::text
GROUP BY u.unit_id;

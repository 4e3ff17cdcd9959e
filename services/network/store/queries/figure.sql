-- name: ReportTimeliness :many
-- Reports whose last day fell between first_day and due_until, or that were sent between first_day and last_day.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE submit_on <= close_on) AS met,
       (array_agg(r.unit_id || '.' || schedule_id || '.' || period
                  ORDER BY period_first, schedule_id))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN reports r ON r.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree AND NOT exempted
  AND (close_on BETWEEN @first_day::date AND @due_until::date OR submit_on BETWEEN @first_day::date AND @last_day::date)
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
-- Tips received in a span of time and handled at a unit or below it. A figure is read, with the names of its records, at the unit
-- and above it: what is concealed from one of these is left out, whoever asks.
SELECT u.unit_id, count(*) AS total, count(*) FILTER (WHERE t.returns = 0) AS met,
       (array_agg(t.region || '-' || t.tip_key ORDER BY t.tip_key))[1:@named::int]::text[] AS records
FROM units u
CROSS JOIN LATERAL (SELECT array_agg('units/' || f.predecessor_id) AS names
                    FROM predecessors(string_to_array(u.path::text, '.'), @today::date) f) readers
JOIN tips t ON t.handling_path <@ u.path
WHERE u.unit_id = ANY (@units::text[]) AND u.path <@ @root::ltree AND u.valid_from <= @today::date AND @today::date < u.valid_to
  AND t.receive_time >= @received_from AND t.receive_time < @received_before
  AND t.duplicate_of = '' AND NOT t.concealed_from ?| readers.names
GROUP BY u.unit_id;

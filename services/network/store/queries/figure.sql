-- name: ReportTimeliness :many
-- Reports whose window closed between first_day and due_until, or that were sent between first_day and last_day.
SELECT unit_id, schedule_id, period, (submit_on IS NOT NULL AND submit_on <= close_on)::boolean AS met
FROM reports
WHERE unit_id = ANY (@units::text[]) AND unit_path <@ @root::ltree
  AND (close_on BETWEEN @first_day::date AND @due_until::date OR submit_on BETWEEN @first_day::date AND @last_day::date)
ORDER BY unit_id, period_first, schedule_id;

-- name: TipQuality :many
-- Tips about units of a subtree received in a span of time.
SELECT u.unit_id AS of_unit, t.region, t.tip_key, (t.returns = 0)::boolean AS met
FROM units u JOIN tips t ON t.unit_path <@ u.path
WHERE u.unit_id = ANY (@units::text[]) AND u.path <@ @root::ltree AND u.valid_to = '9999-12-31'
  AND t.receive_time >= @received_from AND t.receive_time < @received_before
ORDER BY u.unit_id, t.tip_key;

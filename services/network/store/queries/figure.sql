-- name: ReportTimeliness :many
-- Reports of units whose window closed between first_day and due_until, or that were sent between first_day and last_day.
SELECT unit_id, schedule_id, period,
       (submit_time IS NOT NULL AND (submit_time AT TIME ZONE 'Asia/Shanghai')::date <= close_on)::boolean AS met
FROM reports
WHERE unit_id = ANY (@units::text[])
  AND (close_on BETWEEN @first_day::date AND @due_until::date
       OR (submit_time AT TIME ZONE 'Asia/Shanghai')::date BETWEEN @first_day::date AND @last_day::date)
ORDER BY unit_id, period_first, schedule_id;

-- name: TipQuality :many
-- Tips about units of a subtree received in a span of time.
SELECT u.unit_id AS of_unit, t.region, t.tip_key, (t.returns = 0)::boolean AS met
FROM units u JOIN tips t ON t.unit_path <@ u.path
WHERE u.unit_id = ANY (@units::text[]) AND u.valid_to = '9999-12-31'
  AND t.receive_time >= @received_from AND t.receive_time < @received_before
ORDER BY u.unit_id, t.tip_key;

-- name: OwedWindows :many
-- Windows with reports that are still owed, unless they closed before a day, and what opened them.
SELECT scheme_version, schedule_id, period, open_on, close_on FROM reports
WHERE submit_on IS NULL AND NOT exempted AND close_on >= @closed_from
GROUP BY scheme_version, schedule_id, period, open_on, close_on
ORDER BY close_on, scheme_version, schedule_id, period, open_on;

-- name: ClaimReminder :execrows
-- Takes one occurrence of a reminder; none where it was taken before, or where the one before it went out so late, after an
-- outage, that it would come sooner than the reminder repeats.
INSERT INTO sent_reminders (unit_id, schedule_id, period, reminder_id, due_on, sent_on)
SELECT @unit_id::text, @schedule_id::text, @period::text, @reminder_id::text, @due_on::date, @today::date
WHERE NOT EXISTS (SELECT FROM sent_reminders s
                  WHERE s.unit_id = @unit_id::text AND s.schedule_id = @schedule_id::text AND s.period = @period::text
                    AND s.reminder_id = @reminder_id::text AND s.sent_on > @not_since::date)
ON CONFLICT DO NOTHING;

-- name: OwingUnits :many
-- Who still owes the report of a window, and the unit that acts: itself or, where it has ended, the last on its path that holds
-- today.
SELECT r.unit_id AS owing_id, coalesce(u.region, h.region)::text AS region, coalesce(u.unit_id, h.unit_id)::text AS unit_id,
       coalesce(u.path, h.path)::text AS unit_path
FROM reports r
LEFT JOIN units u ON u.unit_id = r.unit_id AND u.valid_from <= @today::date AND @today::date < u.valid_to
LEFT JOIN LATERAL (
    SELECT n.region, n.unit_id, n.path
    FROM unnest(string_to_array(r.unit_path::text, '.')) WITH ORDINALITY AS label (unit_id, depth)
    JOIN units n ON n.unit_id = label.unit_id AND n.valid_from <= @today::date AND @today::date < n.valid_to
    WHERE u.unit_id IS NULL
    ORDER BY label.depth DESC LIMIT 1) h ON true
WHERE r.scheme_version = @scheme_version AND r.schedule_id = @schedule_id AND r.close_on = @close_on AND r.period = @period
  AND r.open_on = @open_on AND r.submit_on IS NULL AND NOT r.exempted AND coalesce(u.unit_id, h.unit_id) IS NOT NULL
ORDER BY r.unit_id;

-- name: FutureOwingUnits :many
-- Units that would owe the report of a period if its window opened today; where it is open already, another version asked for it.
SELECT u.unit_id::text AS owing_id, u.region::text AS region, u.unit_id::text AS unit_id, u.path::text AS unit_path
FROM asked_units(@top::text, @levels::smallint[], @kinds::text[], @sorts::text[], @other_units::text[], @other_from::date[],
                 @today::date, @today::date) u
WHERE NOT EXISTS (SELECT FROM report_exceptions e
                  WHERE e.unit_id = u.unit_id AND e.schedule_id = @schedule_id AND e.period = @period
                    AND e.in_force AND e.extend_to IS NULL)
  AND NOT EXISTS (SELECT FROM reports r
                  WHERE r.region = u.region AND r.unit_id = u.unit_id AND r.schedule_id = @schedule_id AND r.period = @period)
ORDER BY owing_id;

-- name: ReturnedReports :many
-- Reports that were sent back and whose day to come again passed lately, and those to be reminded of.
SELECT unit_id, schedule_id, period, unit_path, return_due_on::date AS due_on, revision, body FROM reports
WHERE return_due_on >= @since::date AND (return_due_on < @today::date OR return_remind_on <= @today::date)
ORDER BY unit_id, schedule_id, period;

-- name: UnfiledWindows :many
-- The days by which reports that were sent are still to be filed, unless they passed before one, since when, and what opened them.
SELECT scheme_version, schedule_id, period, filing_due_on::date AS due_on,
       min(((body ->> 'submitTime')::timestamptz AT TIME ZONE 'Asia/Shanghai')::date)::date AS submitted_on
FROM reports
WHERE filing_due_on >= @due_from::date
GROUP BY scheme_version, schedule_id, period, filing_due_on
ORDER BY filing_due_on, scheme_version, schedule_id, period;

-- name: UnfiledUnits :many
-- Who is still to file a report by a day, and the unit that acts, as of OwingUnits.
SELECT r.unit_id AS owing_id, coalesce(u.region, h.region)::text AS region, coalesce(u.unit_id, h.unit_id)::text AS unit_id,
       coalesce(u.path, h.path)::text AS unit_path
FROM reports r
LEFT JOIN units u ON u.unit_id = r.unit_id AND u.valid_from <= @today::date AND @today::date < u.valid_to
LEFT JOIN LATERAL (
    SELECT n.region, n.unit_id, n.path
    FROM unnest(string_to_array(r.unit_path::text, '.')) WITH ORDINALITY AS label (unit_id, depth)
    JOIN units n ON n.unit_id = label.unit_id AND n.valid_from <= @today::date AND @today::date < n.valid_to
    WHERE u.unit_id IS NULL
    ORDER BY label.depth DESC LIMIT 1) h ON true
WHERE r.filing_due_on = @due_on AND r.scheme_version = @scheme_version AND r.schedule_id = @schedule_id AND r.period = @period
  AND coalesce(u.unit_id, h.unit_id) IS NOT NULL
ORDER BY r.unit_id;

-- name: SystemAbove :many
-- The units above each of some units on the system line alone, the nearest first.
WITH RECURSIVE line AS (
    SELECT b.path AS below, u.system_parent_id AS unit_id, nlevel(b.path::ltree) - label.n AS up, 1 AS depth
    FROM unnest(@paths::text[]) AS b (path), unnest(string_to_array(b.path, '.')) WITH ORDINALITY AS label (unit_id, n)
    JOIN units u ON u.unit_id = label.unit_id AND u.system_parent_id <> '' AND u.valid_from <= @today AND @today < u.valid_to
    UNION ALL
    SELECT l.below, u.system_parent_id, l.up, l.depth + 1 FROM line l
    JOIN units u ON u.unit_id = l.unit_id AND u.system_parent_id <> '' AND u.valid_from <= @today AND @today < u.valid_to
    WHERE l.depth < 100)
SELECT below::text AS below, unit_id FROM line WHERE unit_id <> ALL (string_to_array(below, '.'))
GROUP BY below, unit_id ORDER BY below, min(up), min(depth), unit_id;

-- name: UnitsOfIDs :many
-- Units as they stand today, whatever is planned for them.
SELECT region, unit_id, path AS unit_path FROM units
WHERE unit_id = ANY (@unit_ids::text[]) AND valid_from <= @today::date AND @today::date < valid_to;

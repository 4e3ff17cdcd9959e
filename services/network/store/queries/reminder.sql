-- name: OwedWindows :many
-- Windows of a schedule with reports in a subtree that are still owed, unless they closed before a day.
SELECT period, open_on, close_on FROM reports
WHERE schedule_id = @schedule_id AND close_on >= @closed_from AND state = ANY (@owed::smallint[]) AND NOT exempted
  AND unit_path <@ @subtree::ltree
GROUP BY period, open_on, close_on
ORDER BY close_on, period;

-- name: AddReminding :execrows
-- Takes one occurrence of a reminder; none where it was taken before.
INSERT INTO remindings (unit_id, schedule_id, period, reminder_id, due_on)
VALUES (@unit_id, @schedule_id, @period, @reminder_id, @due_on) ON CONFLICT DO NOTHING;

-- name: UnitsThatOwe :many
-- Units in a subtree, less those that a scheme further down holds for, that still owe the report of a window.
SELECT r.region, r.unit_id, r.unit_path FROM reports r
WHERE r.schedule_id = @schedule_id AND r.close_on = @close_on AND r.period = @period AND r.open_on = @open_on
  AND r.state = ANY (@owed::smallint[]) AND NOT r.exempted AND r.unit_path <@ @subtree::ltree
  AND NOT EXISTS (SELECT FROM units n
                  WHERE n.unit_id = ANY (@excluded::text[]) AND n.valid_from <= @today::date AND @today::date < n.valid_to
                    AND r.unit_path <@ n.path AND nlevel(n.path) > nlevel(@subtree::ltree))
ORDER BY r.unit_id;

-- name: UnitsThatWillOwe :many
-- Units that would owe the report of a period if its window opened today.
SELECT u.region, u.unit_id, u.path AS unit_path FROM units u
WHERE u.path <@ @subtree::ltree AND u.valid_from <= @today::date AND @today::date < u.valid_to
  AND u.level = ANY (@levels::smallint[])
  AND (cardinality(@kinds::smallint[]) = 0 OR u.kind = ANY (@kinds::smallint[]))
  AND NOT EXISTS (SELECT FROM units n
                  WHERE n.unit_id = ANY (@excluded::text[]) AND n.valid_from <= @today::date AND @today::date < n.valid_to
                    AND u.path <@ n.path AND nlevel(n.path) > nlevel(@subtree::ltree))
  AND NOT EXISTS (SELECT FROM report_exceptions e WHERE e.unit_id = u.unit_id AND e.schedule_id = @schedule_id AND e.period = @period
                  AND e.in_force AND e.extend_to IS NULL)
ORDER BY u.unit_id;

-- name: UnitsOfIDs :many
-- Units as they stand today, whatever is planned for them.
SELECT region, unit_id, path AS unit_path FROM units
WHERE unit_id = ANY (@unit_ids::text[]) AND valid_from <= @today::date AND @today::date < valid_to;

-- name: AddOpening :execrows
-- Notes that a schedule has opened a period for a subtree; none where it had.
INSERT INTO openings (unit_path, schedule_id, period) VALUES (@unit_path, @schedule_id, @period) ON CONFLICT DO NOTHING;

-- name: OpenReports :many
-- Opens the reports of one period for the units that owe them on the day the window opens; those open already stay.
INSERT INTO reports (region, unit_id, schedule_id, period, period_first, unit_path, open_on, close_on, state, body)
SELECT u.region, u.unit_id, @schedule_id::text, @period::text, @period_first::date, u.path, @open_on::date, @close_on::date,
       @state::smallint, @body::jsonb
FROM units u
WHERE in_subtree(u.path, @subtree::ltree) AND u.valid_from <= @open_on::date AND @open_on::date < u.valid_to
  AND u.level = ANY (@levels::smallint[])
  AND (cardinality(@kinds::smallint[]) = 0 OR u.kind = ANY (@kinds::smallint[]))
  AND NOT EXISTS (SELECT FROM units n WHERE n.unit_id = ANY (@excluded::text[]) AND n.valid_to = '9999-12-31' AND u.path <@ n.path)
ON CONFLICT DO NOTHING
RETURNING region, unit_id, unit_path;

-- name: GetReport :one
SELECT * FROM reports WHERE region = @region AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period;

-- name: LockReport :one
SELECT * FROM reports WHERE region = @region AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period FOR UPDATE;

-- name: SaveReport :exec
UPDATE reports SET state = @state, submit_on = @submit_on, body = @body, revision = revision + 1
WHERE region = @region AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period;

-- name: ListReports :many
SELECT * FROM reports
WHERE unit_path <@ @subtree::ltree
  AND (@period::text = '' OR period = @period::text)
  AND (cardinality(@states::smallint[]) = 0 OR state = ANY (@states::smallint[]))
  AND (period_first, unit_id, schedule_id) < (@before_first::date, @before_unit::text, @before_schedule::text)
ORDER BY period_first DESC, unit_id DESC, schedule_id DESC
LIMIT @page_size;

-- name: AddReportException :execrows
-- None where one is in force.
INSERT INTO report_exceptions (region, exception_key, unit_id, unit_path, schedule_id, period, extend_to, body)
VALUES (@region, @exception_key, @unit_id, @unit_path, @schedule_id, @period, @extend_to, @body)
ON CONFLICT DO NOTHING;

-- name: ReportExceptionInForce :one
SELECT region, exception_key FROM report_exceptions
WHERE unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period AND in_force;

-- name: GetReportException :one
SELECT * FROM report_exceptions WHERE region = @region AND exception_key = @exception_key;

-- name: LockReportException :one
SELECT * FROM report_exceptions WHERE region = @region AND exception_key = @exception_key FOR UPDATE;

-- name: EndReportException :exec
UPDATE report_exceptions SET in_force = false, revision = @revision, body = @body
WHERE region = @region AND exception_key = @exception_key;

-- name: ListReportExceptions :many
SELECT * FROM report_exceptions
WHERE unit_path <@ ANY (CAST(@subtrees::text[] AS ltree[]))
  AND (@schedule::text = '' OR schedule_id = @schedule::text)
  AND (@period::text = '' OR period = @period::text)
  AND exception_key < @before_key
ORDER BY exception_key DESC
LIMIT @page_size;

-- name: SetReportException :exec
-- Puts an exception, or none, onto a report that is open.
UPDATE reports SET exception = @exception, exempted = @exempted, close_on = @close_on, revision = @revision
WHERE region = @region AND unit_id = @unit_id AND schedule_id = @schedule_id AND period = @period;

-- name: OverdueInquiries :many
-- Inquiries that are not closed and whose day passed lately.
SELECT region, key, unit_path, point_path, due_on, (state = 'INQUIRY_STATE_ANSWERED')::boolean AS answered
FROM inquiries
WHERE state <> 'INQUIRY_STATE_CLOSED' AND due_on < @today::date AND due_on >= @since::date
ORDER BY region, key;

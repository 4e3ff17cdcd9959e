-- name: DueInquiries :many
-- Inquiries that are not closed and whose day passed lately, and those to be reminded of.
SELECT region, key, unit_path, point_path, due_on, (body ->> 'title')::text AS title,
       ARRAY(SELECT jsonb_array_elements_text(concealed_from))::text[] AS concealed_from, (body ->> 'unit')::text AS asking,
       (state = 'INQUIRY_STATE_ANSWERED')::boolean AS answered
FROM inquiries
WHERE state <> 'INQUIRY_STATE_CLOSED' AND due_on >= @since::date AND (due_on < @today::date OR remind_on <= @today::date)
ORDER BY region, key;

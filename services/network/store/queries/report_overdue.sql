-- name: CountOverdueReports :many
-- Reports of units and all below each that are not sent though their last day is past.
SELECT u.unit_id, count(*) AS reports
FROM units u JOIN reports r ON in_subtree(r.unit_path, u.path) AND r.submit_on IS NULL AND NOT r.exempted AND r.close_on < @today::date
WHERE u.unit_id = ANY (@unit_ids::text[]) AND u.valid_from <= @today::date AND @today::date < u.valid_to
GROUP BY u.unit_id;

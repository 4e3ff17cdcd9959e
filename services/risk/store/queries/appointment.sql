-- name: CountAppointments :many
-- Those of ended units count for the unit that acts for them.
WITH counted AS (
    SELECT unit_path, unit_id, kind, state, count(*) AS n,
           count(*) FILTER (WHERE feedback_on IS NULL AND feedback_due < @today::date) AS overdue_feedback,
           count(*) FILTER (WHERE feedback_on > feedback_due) AS late_feedback
    FROM appointments
    WHERE unit_path <@ @subtree::ltree AND in_subtree(unit_path, @subtree::ltree)
    GROUP BY unit_path, unit_id, kind, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path, c.kind, c.state, c.n,
           c.overdue_feedback, c.late_feedback
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, kind, state, sum(n)::bigint AS n,
       sum(overdue_feedback)::bigint AS overdue_feedback, sum(late_feedback)::bigint AS late_feedback
FROM acting
GROUP BY path, kind, state
ORDER BY path, kind, state;

-- name: OpenAppointments :many
-- The appointments to a position that are not over, of one person where one is given, without one of them.
SELECT region, key, (body ->> 'person')::text AS person FROM appointments
WHERE position = @position::text AND state = ANY (@open::text[]) AND (@person::text = '' OR body ->> 'person' = @person)
  AND (region, key) <> (@region::text, @key::text)
ORDER BY region, key;

-- name: LastFailedPoll :one
-- The last day on which a poll about a person did not come out as one for a position needs; empty where there is none. One that was
-- repeated counts by the day of the last, even where that was taken back.
SELECT coalesce(max(coalesce(p.body ->> 'closedOn', p.body ->> 'heldOn')), '')::text AS day
FROM appointments a
JOIN polls p ON p.region = region_of(a.body ->> 'poll') AND p.key = key_of(a.body ->> 'poll')
WHERE a.position = @position::text AND a.body ->> 'person' = @person::text
  AND p.body ->> 'outcome' IS DISTINCT FROM 'POLL_OUTCOME_SATISFIED'
  AND (p.state = 'POLL_STATE_CLOSED' AND NOT p.body ? 'voidReason' OR a.body ? 'pollRepeats');

-- name: LeftFor :many
-- The appointments by which a person left a position, the last first.
SELECT region, key, (body ->> 'appointedFrom')::text AS appointed_from FROM appointments
WHERE present_position = @present::text AND state = @appointed::text AND body ->> 'person' = @person::text
ORDER BY body ->> 'appointedFrom' DESC LIMIT 1;

-- name: Invite :many
-- Invites officers, and gives the units of those who were not invited before.
WITH invited AS (
    INSERT INTO attendances (region, officer_key, session_region, session_key, year, first_day, state)
    SELECT o.region, o.officer_key, s.region, s.key, s.year, s.first_day, 'ATTENDANCE_STATE_INVITED'
    FROM training_sessions s, (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS officer_key) o
    WHERE s.region = @session_region AND s.key = @session_key
    ON CONFLICT DO NOTHING
    RETURNING region, officer_key
)
SELECT o.unit_id, count(*) AS officers
FROM invited i JOIN officers o ON o.region = i.region AND o.key = i.officer_key
GROUP BY o.unit_id ORDER BY o.unit_id;

-- name: AppointedOfficers :many
-- Everyone in office whom a unit appointed and who serves in one of its subtrees.
SELECT o.region, o.key FROM officers o
WHERE o.appointing_id = @unit_id AND EXISTS (SELECT FROM unnest(@subtrees::text[]) AS top WHERE o.unit_path <@ top::ltree)
  AND o.state = 'OFFICER_STATE_IN_OFFICE';

-- name: InvitedUnits :many
-- Units that serve those who are invited to a session.
SELECT DISTINCT o.unit_id
FROM attendances a JOIN officers o ON o.region = a.region AND o.key = a.officer_key
WHERE a.session_key = @session_key AND a.state = 'ATTENDANCE_STATE_INVITED'
ORDER BY o.unit_id;

-- name: InvitedPath :one
-- The path of a unit, itself one of some or, unless these alone count, below one, where anybody who serves it is invited to a
-- session, or was; no row otherwise.
SELECT o.unit_path FROM attendances a JOIN officers o ON o.region = a.region AND o.key = a.officer_key
WHERE a.session_key = @session_key AND string_to_array(o.unit_path::text, '.') && @unit_ids::text[]
  AND (NOT @alone::boolean OR o.unit_id = ANY (@unit_ids::text[]))
LIMIT 1;

-- name: MoveInvitations :exec
-- Has the invitations to a session follow its first day.
UPDATE attendances SET first_day = @first_day::date, year = extract(year FROM @first_day::date)::smallint
WHERE session_key = @session_key;

-- name: RecordAttendances :exec
INSERT INTO attendances (region, officer_key, session_region, session_key, year, first_day, state)
SELECT o.region, o.officer_key, s.region, s.key, s.year, s.first_day, o.state
FROM training_sessions s,
     (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS officer_key, unnest(@states::text[]) AS state) o
WHERE s.region = @session_region AND s.key = @session_key
ON CONFLICT (region, officer_key, session_key) DO UPDATE SET state = excluded.state;

-- name: CancelInvitations :exec
DELETE FROM attendances WHERE session_key = @session_key AND state = 'ATTENDANCE_STATE_INVITED';

-- name: ListAttendances :many
-- Of those who serve some units or below these; of all where none is given.
SELECT a.region, a.officer_key, a.state, o.unit_id, (o.body ->> 'title')::text AS title
FROM attendances a JOIN officers o ON o.region = a.region AND o.key = a.officer_key
WHERE a.session_key = @session_key AND a.officer_key > @after_key
  AND (cardinality(@unit_ids::text[]) = 0 OR string_to_array(o.unit_path::text, '.') && @unit_ids)
  AND (cardinality(@states::text[]) = 0 OR a.state = ANY (@states::text[]))
ORDER BY a.officer_key
LIMIT @page_size;

-- name: TrainingCoverage :many
-- Officers in office on a day in some subtrees, none of which is within another, and of them those who attended a session of a year
-- until that day: by subtree, that of the unit asked about by the unit itself and the units directly below it. OFFSET 0 has the
-- planner find each subtree by the index.
SELECT (CASE WHEN t.path = @asked::ltree THEN subpath(o.unit_path, least(nlevel(t.path), nlevel(o.unit_path) - 1), 1)
             ELSE subpath(t.path, -1, 1) END)::text AS unit_id,
       count(*) AS total, count(a.officer_key) AS met
FROM (SELECT unnest(@subtrees::text[])::ltree AS path) t
CROSS JOIN LATERAL (
    SELECT o.unit_path, o.unit_id, o.region, o.key FROM officers o
    WHERE o.unit_path <@ t.path AND o.term_from <= @on_day::date AND o.ended_on > @on_day::date AND o.term_to >= @on_day::date
      AND (cardinality(@types::text[]) = 0 OR o.type = ANY (@types::text[]))
    OFFSET 0) o
LEFT JOIN (SELECT DISTINCT region, officer_key FROM attendances
           WHERE attendances.year = @year::smallint AND attendances.state = 'ATTENDANCE_STATE_ATTENDED'
             AND attendances.first_day <= @on_day::date) a
       ON a.region = o.region AND a.officer_key = o.key
WHERE (cardinality(@levels::smallint[]) = 0
       OR EXISTS (SELECT FROM units u
                  WHERE u.unit_id = o.unit_id AND u.valid_from <= @on_day::date AND @on_day::date < u.valid_to
                    AND u.level = ANY (@levels::smallint[])))
GROUP BY 1
ORDER BY 1;

-- name: TrainingFigures :many
-- The same for units and all below each, with the names of the first officers counted.
SELECT u.unit_id, count(*) AS total, count(a.officer_key) AS met,
       (array_agg(o.region || '-' || o.key ORDER BY o.key))[1:@named::int]::text[] AS records
FROM units u JOIN officers o ON o.unit_path <@ u.path
LEFT JOIN (SELECT DISTINCT region, officer_key FROM attendances
           WHERE attendances.year = @year::smallint AND attendances.state = 'ATTENDANCE_STATE_ATTENDED'
             AND attendances.first_day <= @on_day::date) a
       ON a.region = o.region AND a.officer_key = o.key
WHERE u.unit_id = ANY (@units::text[]) AND in_subtree(u.path, @root::ltree)
  AND u.valid_from <= @on_day::date AND @on_day::date < u.valid_to AND o.term_from <= @on_day::date
  AND o.ended_on > @on_day::date AND o.term_to >= @on_day::date
GROUP BY u.unit_id;

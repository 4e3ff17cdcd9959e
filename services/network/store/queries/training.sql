-- name: AddTrainingPlan :exec
INSERT INTO training_plans (region, plan_key, unit_id, unit_path, year, body) VALUES (@region, @plan_key, @unit_id, @unit_path, @year, @body);

-- name: GetTrainingPlan :one
SELECT unit_path, year FROM training_plans WHERE region = @region AND plan_key = @plan_key;

-- name: ListTrainingPlans :many
SELECT plan_key, body FROM training_plans
WHERE unit_path <@ @subtree::ltree AND (@year::smallint = 0 OR year = @year::smallint) AND plan_key < @before_key
ORDER BY plan_key DESC
LIMIT @page_size;

-- name: AddTrainingSession :exec
INSERT INTO training_sessions (region, session_key, unit_id, unit_path, year, first_day, state, body)
VALUES (@region, @session_key, @unit_id, @unit_path, @year, @first_day, @state, @body);

-- name: GetTrainingSession :one
SELECT * FROM training_sessions WHERE region = @region AND session_key = @session_key;

-- name: LockTrainingSession :one
SELECT * FROM training_sessions WHERE region = @region AND session_key = @session_key FOR UPDATE;

-- name: SaveTrainingSession :exec
UPDATE training_sessions SET state = @state, body = @body, revision = revision + 1 WHERE region = @region AND session_key = @session_key;

-- name: ListTrainingSessions :many
SELECT * FROM training_sessions
WHERE unit_path <@ @subtree::ltree AND (@year::smallint = 0 OR year = @year::smallint)
  AND (cardinality(@states::smallint[]) = 0 OR state = ANY (@states::smallint[]))
  AND (first_day, session_key) < (@before_day::date, @before_key::text)
ORDER BY first_day DESC, session_key DESC
LIMIT @page_size;

-- name: Invite :execrows
INSERT INTO attendances (region, officer_key, session_region, session_key, year, day, state)
SELECT unnest(@regions::text[]), unnest(@officer_keys::text[]), @session_region::text, @session_key::text, @year::smallint, @day::date, @state::smallint
ON CONFLICT DO NOTHING;

-- name: InviteAppointed :execrows
-- Invites everyone in office whom a unit appointed and who serves in its subtree.
INSERT INTO attendances (region, officer_key, session_region, session_key, year, day, state)
SELECT o.region, o.officer_key, @session_region::text, @session_key::text, @year::smallint, @day::date, @state::smallint
FROM officers o WHERE o.appointing_id = @unit_id AND o.unit_path <@ @subtree::ltree AND o.state = @in_office::smallint
ON CONFLICT DO NOTHING;

-- name: RecordAttendances :exec
INSERT INTO attendances (region, officer_key, session_region, session_key, year, day, state)
SELECT unnest(@regions::text[]), unnest(@officer_keys::text[]), @session_region::text, @session_key::text, @year::smallint, @day::date, unnest(@states::smallint[])
ON CONFLICT (region, officer_key, session_key) DO UPDATE SET state = excluded.state;

-- name: CancelInvitations :exec
DELETE FROM attendances WHERE session_key = @session_key AND state = @invited::smallint;

-- name: ListAttendances :many
SELECT a.region, a.officer_key, a.state, o.unit_id, (o.body ->> 'title')::text AS title
FROM attendances a JOIN officers o USING (region, officer_key)
WHERE a.session_key = @session_key AND a.officer_key > @after_key
  AND (cardinality(@states::smallint[]) = 0 OR a.state = ANY (@states::smallint[]))
ORDER BY a.officer_key
LIMIT @page_size;

-- name: TrainingCoverage :many
-- Officers in office on a day in a subtree, and of them those who attended a session of a year until that day, by the unit
-- itself and the units directly below it.
SELECT (CASE WHEN nlevel(o.unit_path) > nlevel(@subtree::ltree) THEN subpath(o.unit_path, nlevel(@subtree::ltree), 1)::text
             ELSE subpath(o.unit_path, -1, 1)::text END)::text AS unit_id,
       count(*) AS total, count(a.officer_key) AS met
FROM officers o
LEFT JOIN (SELECT DISTINCT region, officer_key FROM attendances
           WHERE attendances.year = @year::smallint AND attendances.state = @attended::smallint AND attendances.day <= @on_day::date) a
       ON a.region = o.region AND a.officer_key = o.officer_key
WHERE o.unit_path <@ @subtree::ltree AND o.term_from <= @on_day::date
  AND coalesce(o.ended_on, '9999-12-31') > @on_day::date AND coalesce(o.term_to, '9999-12-31') >= @on_day::date
  AND (cardinality(@types::smallint[]) = 0 OR o.type = ANY (@types::smallint[]))
  AND (cardinality(@levels::smallint[]) = 0
       OR EXISTS (SELECT FROM units u WHERE u.unit_id = o.unit_id AND u.valid_from <= @on_day::date AND @on_day::date < u.valid_to AND u.level = ANY (@levels::smallint[])))
GROUP BY 1
ORDER BY 1;

-- name: ListUntrained :many
SELECT o.* FROM officers o
WHERE o.unit_path <@ @subtree::ltree AND o.term_from <= @on_day::date AND o.officer_key > @after_key
  AND coalesce(o.ended_on, '9999-12-31') > @on_day::date AND coalesce(o.term_to, '9999-12-31') >= @on_day::date
  AND (cardinality(@types::smallint[]) = 0 OR o.type = ANY (@types::smallint[]))
  AND (cardinality(@levels::smallint[]) = 0
       OR EXISTS (SELECT FROM units u WHERE u.unit_id = o.unit_id AND u.valid_from <= @on_day::date AND @on_day::date < u.valid_to AND u.level = ANY (@levels::smallint[])))
  AND NOT EXISTS (SELECT FROM attendances a
                  WHERE a.region = o.region AND a.officer_key = o.officer_key AND a.year = @year::smallint
                    AND a.state = @attended::smallint AND a.day <= @on_day::date)
ORDER BY o.officer_key
LIMIT @page_size;

-- name: TrainingFigures :many
-- The same for units and all below each, with the names of the first officers counted.
SELECT u.unit_id, count(*) AS total, count(a.officer_key) AS met,
       (array_agg(o.region || '-' || o.officer_key ORDER BY o.officer_key))[1:@named::int]::text[] AS records
FROM units u JOIN officers o ON o.unit_path <@ u.path
LEFT JOIN (SELECT DISTINCT region, officer_key FROM attendances
           WHERE attendances.year = @year::smallint AND attendances.state = @attended::smallint AND attendances.day <= @on_day::date) a
       ON a.region = o.region AND a.officer_key = o.officer_key
WHERE u.unit_id = ANY (@units::text[]) AND in_subtree(u.path, @root::ltree) AND u.valid_from <= @on_day::date AND @on_day::date < u.valid_to AND o.term_from <= @on_day::date
  AND coalesce(o.ended_on, '9999-12-31') > @on_day::date AND coalesce(o.term_to, '9999-12-31') >= @on_day::date
GROUP BY u.unit_id;

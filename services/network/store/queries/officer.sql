-- name: CountInOffice :one
-- Officers of a type in office at a unit, or appointed to be, whose terms have a day in common with the span, one officer left out.
SELECT count(*) FROM officers
WHERE unit_id = @unit_id AND type = @type AND state IN ('OFFICER_STATE_IN_OFFICE', 'OFFICER_STATE_APPOINTED')
  AND key <> @but
  AND term_from <= CAST(@last_day::text AS date) AND term_to >= CAST(@first_day::text AS date);

-- name: ListOfficerExcesses :many
-- Units with more officers of a type in office than the rules they were appointed under allow, once for each unit that appointed
-- some of them. The digest is of who they are.
SELECT o.unit_id, u.title, o.type, e.appointing_id::text AS appointing_id, o.in_office::bigint AS in_office,
       o.most::bigint AS most, o.digest::text AS digest
FROM (SELECT o.unit_id, o.type, count(*) AS in_office, min(o.max_in_office) AS most,
             md5(string_agg(o.key, ' ' ORDER BY o.key)) AS digest, array_agg(DISTINCT o.appointing_id) AS appointing_ids
      FROM officers o
      WHERE o.state = 'OFFICER_STATE_IN_OFFICE' AND @day::date BETWEEN o.term_from AND o.term_to
        AND o.unit_id IN (SELECT l.unit_id FROM officers l
                          WHERE l.state = 'OFFICER_STATE_IN_OFFICE' AND l.max_in_office IS NOT NULL)
      GROUP BY o.unit_id, o.type HAVING count(*) > min(o.max_in_office)) o
CROSS JOIN LATERAL unnest(o.appointing_ids) AS e (appointing_id)
JOIN units u ON u.unit_id = o.unit_id AND u.valid_from <= @day::date AND @day::date < u.valid_to
ORDER BY o.unit_id, o.type, e.appointing_id;

-- name: OfficersUnder :many
-- Which of these officers serve, or served, in one of some subtrees or are invited to a training session, where one is given: any,
-- or those in office; and whether they were at some time of a day, where one is given. Regions and keys are pairs.
SELECT o.region, o.key,
       (@served_on::text = '' OR CAST(nullif(@served_on::text, '') AS date) BETWEEN o.term_from AND least(o.term_to, o.ended_on))::boolean
           AS served, (o.body ->> 'title')::text AS title
FROM officers o
JOIN (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS key) w USING (region, key)
WHERE (EXISTS (SELECT FROM unnest(@subtrees::text[]) AS top WHERE o.unit_path <@ top::ltree)
       OR EXISTS (SELECT FROM attendances a
                  WHERE a.region = o.region AND a.officer_key = o.key AND a.session_key = @session_key::text))
  AND (NOT @in_office::boolean OR o.state = 'OFFICER_STATE_IN_OFFICE');

-- name: RolesHeld :many
-- How many officers in office hold which other roles, of those who have any, in the subtree of each of some units or, where one has
-- ended, of who acts for it.
SELECT g.unit_id::text AS unit_id, o.other_roles, count(*) AS officers
FROM unnest(@unit_ids::text[]) AS g (unit_id)
CROSS JOIN LATERAL path_on(g.unit_id, @day::date) AS p (top)
JOIN officers o ON in_subtree(o.unit_path, p.top)
WHERE o.state = 'OFFICER_STATE_IN_OFFICE' AND o.other_roles <> '{}'
GROUP BY g.unit_id, o.other_roles;

-- name: SetLastContact :exec
-- Notes the day of a contact; an earlier one does not undo a later one.
UPDATE officers o SET body = jsonb_set(o.body, '{lastContactOn}', to_jsonb(@day::text))
FROM (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS key) w
WHERE o.region = w.region AND o.key = w.key AND o.last_contact_on < CAST(@day::text AS date);

-- name: AddOfficerEvent :exec
INSERT INTO officer_events (region, officer_key, event_key, body) VALUES (@region, @officer_key, @event_key, @body);

-- name: ListOfficerEvents :many
SELECT event_key, body FROM officer_events
WHERE region = @region AND officer_key = @officer_key AND event_key < @before_key
ORDER BY event_key DESC
LIMIT @page_size;

-- name: OpenWork :many
-- What an officer would have to hand over: sessions to come, and handbooks not given back.
SELECT 'OPEN_WORK_KIND_TRAINING'::text AS kind, (s.body ->> 'name')::text AS resource, (s.body ->> 'title')::text AS title
FROM attendances a JOIN training_sessions s ON s.region = a.session_region AND s.key = a.session_key
WHERE a.region = @region AND a.officer_key = @officer_key
  AND a.state = 'ATTENDANCE_STATE_INVITED' AND s.state = 'TRAINING_SESSION_STATE_PLANNED'
UNION ALL
SELECT 'OPEN_WORK_KIND_HANDBOOK', h.body ->> 'name', (h.body ->> 'title') || ' ' || (h.body ->> 'version')
FROM handbook_receipts r JOIN handbooks h ON h.region = r.handbook_region AND h.key = r.handbook_key
WHERE r.region = @region AND r.officer_key = @officer_key AND r.returned_on IS NULL
ORDER BY 1 DESC, 2
LIMIT 1000;

-- name: HandOverInvitations :exec
-- Invites a successor in an officer's place.
WITH given AS (
    DELETE FROM attendances a USING training_sessions s
    WHERE s.region = a.session_region AND s.key = a.session_key AND a.region = @region AND a.officer_key = @officer_key
      AND a.state = 'ATTENDANCE_STATE_INVITED' AND s.state = 'TRAINING_SESSION_STATE_PLANNED'
    RETURNING a.session_region, a.session_key, a.year, a.first_day, a.state)
INSERT INTO attendances (region, officer_key, session_region, session_key, year, first_day, state)
SELECT @to_region, @to_key, given.* FROM given
ON CONFLICT DO NOTHING;

-- name: HandOverHandbooks :exec
-- Gives the handbooks an officer holds to a successor, who may hold some already.
WITH given AS (
    UPDATE handbook_receipts r SET returned_on = @day::date
    WHERE r.region = @region AND r.officer_key = @officer_key AND r.returned_on IS NULL
    RETURNING r.handbook_region, r.handbook_key)
INSERT INTO handbook_receipts (region, officer_key, handbook_region, handbook_key, received_on)
SELECT @to_region, @to_key, given.handbook_region, given.handbook_key, @day::date FROM given
ON CONFLICT (region, officer_key, handbook_key) DO UPDATE SET returned_on = NULL;

-- name: FollowAppointers :exec
-- Has the offices in units that changed on some days, up to a day, or took others over, go on with whoever stands for the unit that
-- gave them, and the points with the offices. Doing it once more changes nothing.
WITH RECURSIVE changed AS (
    (SELECT u.unit_id FROM units u
     WHERE u.valid_from BETWEEN @since::date AND @day::date AND u.valid_to > @day::date AND u.change_key <> ''
     UNION SELECT s.successor_id FROM successors(@since::date, @day::date) AS s)
    UNION
    SELECT u.unit_id FROM changed c JOIN units u ON u.system_parent_id = c.unit_id AND u.system_parent_id <> ''
    WHERE u.valid_from <= @day::date AND @day::date < u.valid_to
), concerned AS MATERIALIZED (
    SELECT DISTINCT o.region, o.key, o.unit_path, o.appointing_id
    FROM changed c JOIN units u ON u.unit_id = c.unit_id AND u.valid_from <= @day::date AND @day::date < u.valid_to
    JOIN officers o ON o.unit_path <@ u.path
), given AS MATERIALIZED (
    SELECT d.unit_path, d.appointing_id, stands_for(d.unit_path, d.appointing_id, @day::date) AS stands_id
    FROM (SELECT DISTINCT unit_path, appointing_id FROM concerned) d
), passed AS MATERIALIZED (
    SELECT c.region, c.key, g.stands_id FROM concerned c JOIN given g USING (unit_path, appointing_id)
    WHERE g.stands_id <> c.appointing_id
), points AS (
    UPDATE officer_points p SET appointing_id = n.stands_id FROM passed n WHERE p.officer = 'officers/' || n.region || '-' || n.key)
UPDATE officers o SET revision = o.revision + 1, body = o.body || jsonb_build_object('appointingUnit', 'units/' || n.stands_id)
FROM passed n WHERE o.region = n.region AND o.key = n.key;

-- name: MoveOfficersToSuccessors :exec
-- Has the officers of units that ended on some days, up to a day, go on with the successors: who served in them and whom they
-- appointed, and the points of these. Who comes to serve the very unit that appointed goes on with the unit above it: it appointed
-- below itself. Doing it once more changes nothing.
WITH ended AS MATERIALIZED (
    SELECT s.unit_id, s.successor_id FROM successors(@since::date, @day::date) AS s (unit_id, successor_id)),
points AS (UPDATE officer_points p SET appointing_id = e.successor_id FROM ended e WHERE p.appointing_id = e.unit_id),
affected AS (
    SELECT o.region, o.key FROM ended e JOIN officers o ON o.unit_id = e.unit_id
    UNION
    SELECT o.region, o.key FROM ended e JOIN officers o ON o.appointing_id = e.unit_id),
becomes AS (
    SELECT o.region, o.key, o.unit_id = o.appointing_id AS own,
           coalesce((SELECT e.successor_id FROM ended e WHERE e.unit_id = o.unit_id), o.unit_id) AS unit_id,
           coalesce((SELECT e.successor_id FROM ended e WHERE e.unit_id = o.appointing_id), o.appointing_id) AS appointing_id
    FROM affected a JOIN officers o USING (region, key))
UPDATE officers o SET revision = o.revision + 1,
    unit_path = CASE WHEN b.unit_id = o.unit_id THEN o.unit_path ELSE coalesce(u.path, o.unit_path) END,
    body = o.body || jsonb_build_object('unit', 'units/' || b.unit_id, 'appointingUnit', 'units/' || CASE
        WHEN b.unit_id = b.appointing_id AND NOT b.own THEN coalesce(nullif(u.parent_id, ''), b.appointing_id)
        ELSE b.appointing_id END)
FROM becomes b LEFT JOIN units u ON u.unit_id = b.unit_id AND u.valid_from <= @day::date AND @day::date < u.valid_to
WHERE o.region = b.region AND o.key = b.key;

-- name: AddOfficer :exec
INSERT INTO officers (region, officer_key, unit_id, unit_path, appointing_id, type, state, term_from, term_to, pledged_on, notice_on, create_time, body)
VALUES (@region, @officer_key, @unit_id, @unit_path, @appointing_id, @type, @state, @term_from, @term_to, @pledged_on, @notice_on, @create_time, @body);

-- name: GetOfficer :one
SELECT * FROM officers WHERE region = @region AND officer_key = @officer_key;

-- name: LockOfficer :one
SELECT * FROM officers WHERE region = @region AND officer_key = @officer_key FOR UPDATE;

-- name: SaveOfficer :exec
UPDATE officers SET state = @state, term_to = @term_to, ended_on = @ended_on, pledged_on = @pledged_on, notice_on = @notice_on,
       body = @body, revision = revision + 1
WHERE region = @region AND officer_key = @officer_key;

-- name: ListOfficers :many
-- Those with no last day of a term or no contact sort as if on the last or the first of all days.
SELECT * FROM officers
WHERE unit_path <@ @subtree::ltree AND officer_key > @after_key
  AND (cardinality(@states::smallint[]) = 0 OR state = ANY (@states::smallint[]))
  AND (cardinality(@types::smallint[]) = 0 OR type = ANY (@types::smallint[]))
  AND (NOT @without_pledge::boolean OR pledged_on IS NULL)
  AND coalesce(term_to, '9999-12-31') <= @term_ends_by::date
  AND coalesce(last_contact_on, '0001-01-01') < @no_contact_since::date
ORDER BY officer_key
LIMIT @page_size;

-- name: CountInOffice :one
-- Officers of a type in office at a unit whose terms have a day in common with the span, one officer left out.
SELECT count(*) FROM officers
WHERE unit_id = @unit_id AND type = @type AND state = @in_office::smallint AND officer_key <> @but
  AND term_from <= @last_day::date AND coalesce(term_to, '9999-12-31') >= @first_day::date;

-- name: OfficersInOffice :many
-- Which of these officers are in office and serve in a subtree. Regions and keys are pairs.
SELECT o.region, o.officer_key FROM officers o
JOIN (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS officer_key) w USING (region, officer_key)
WHERE o.unit_path <@ @subtree::ltree AND o.state = @in_office::smallint;

-- name: SetLastContact :exec
-- Notes the day of a contact; an earlier one does not undo a later one.
UPDATE officers o SET last_contact_on = greatest(o.last_contact_on, @day::date)
FROM (SELECT unnest(@regions::text[]) AS region, unnest(@officer_keys::text[]) AS officer_key) w
WHERE o.region = w.region AND o.officer_key = w.officer_key;

-- name: ExpireOfficers :many
-- Ends the offices whose term ran out before a day, at most so many, and tells who is to hear of it.
UPDATE officers o SET state = @expired::smallint, ended_on = o.term_to + 1, notice_on = NULL, revision = o.revision + 1
FROM (SELECT region, officer_key FROM officers
      WHERE state = @in_office::smallint AND term_to < @today::date ORDER BY term_to, officer_key LIMIT @batch FOR UPDATE SKIP LOCKED) due
WHERE o.region = due.region AND o.officer_key = due.officer_key
RETURNING o.region, o.officer_key, o.unit_path, o.appointing_id, o.term_to;

-- name: ListEndingTerms :many
-- Takes the officers whose end of term is to be told, at most so many.
UPDATE officers o SET notice_on = NULL
FROM (SELECT region, officer_key FROM officers
      WHERE state = @in_office::smallint AND notice_on <= @today::date ORDER BY notice_on, officer_key LIMIT @batch FOR UPDATE SKIP LOCKED) due
WHERE o.region = due.region AND o.officer_key = due.officer_key
RETURNING o.region, o.officer_key, o.unit_path, o.appointing_id, o.term_to;

-- name: AddOfficerEvents :exec
INSERT INTO officer_events (region, officer_key, event_key, body)
SELECT unnest(@regions::text[]), unnest(@officer_keys::text[]), unnest(@event_keys::text[]), unnest(@bodies::text[])::jsonb;

-- name: ListOfficerEvents :many
SELECT event_key, body FROM officer_events
WHERE region = @region AND officer_key = @officer_key AND event_key < @before_key
ORDER BY event_key DESC
LIMIT @page_size;

-- name: OpenWork :many
-- What an officer would have to hand over: sessions to come, and handbooks not given back.
SELECT @training::smallint AS kind, s.region AS region, s.key AS key, (s.body ->> 'title')::text AS title
FROM attendances a JOIN training_sessions s ON s.region = a.session_region AND s.key = a.session_key
WHERE a.region = @region AND a.officer_key = @officer_key AND a.state = 'ATTENDANCE_STATE_INVITED' AND s.state = 'TRAINING_SESSION_STATE_PLANNED'
UNION ALL
SELECT @handbook::smallint, h.region, h.key, h.title || ' ' || h.version
FROM handbook_receipts r JOIN handbooks h ON h.region = r.handbook_region AND h.key = r.handbook_key
WHERE r.region = @region AND r.officer_key = @officer_key AND r.returned_on IS NULL
ORDER BY 1, 3
LIMIT 1000;

-- name: HandOverInvitations :exec
-- Invites a successor in an officer's place.
INSERT INTO attendances (region, officer_key, session_region, session_key, year, day, state)
SELECT @to_region, @to_key, a.session_region, a.session_key, a.year, a.day, a.state
FROM attendances a JOIN training_sessions s ON s.region = a.session_region AND s.key = a.session_key
WHERE a.region = @region AND a.officer_key = @officer_key AND a.state = 'ATTENDANCE_STATE_INVITED' AND s.state = 'TRAINING_SESSION_STATE_PLANNED'
ON CONFLICT DO NOTHING;

-- name: DeleteInvitations :exec
DELETE FROM attendances a USING training_sessions s
WHERE s.region = a.session_region AND s.key = a.session_key
  AND a.region = @region AND a.officer_key = @officer_key AND a.state = 'ATTENDANCE_STATE_INVITED' AND s.state = 'TRAINING_SESSION_STATE_PLANNED';

-- name: HandOverHandbooks :exec
-- Gives the handbooks an officer holds to a successor, who may hold some already.
INSERT INTO handbook_receipts (region, officer_key, handbook_region, handbook_key, received_on)
SELECT @to_region, @to_key, r.handbook_region, r.handbook_key, @day::date
FROM handbook_receipts r WHERE r.region = @region AND r.officer_key = @officer_key AND r.returned_on IS NULL
ON CONFLICT (region, officer_key, handbook_key) DO UPDATE SET returned_on = NULL;

-- name: ReturnHandbooks :exec
UPDATE handbook_receipts SET returned_on = @day::date WHERE region = @region AND officer_key = @officer_key AND returned_on IS NULL;

-- name: MoveOfficersToSuccessors :exec
-- Has the officers of units that ended on some days, up to a day, go on with the heirs: who served in them and whom they
-- appointed, and the points of these. Doing it once more changes nothing.
WITH ended AS MATERIALIZED (SELECT h.unit_id, h.heir_id FROM heirs(@since::date, @day::date) AS h (unit_id, heir_id)),
points AS (UPDATE officer_points p SET appointing_id = e.heir_id FROM ended e WHERE p.appointing_id = e.unit_id),
touched AS (
    SELECT o.region, o.officer_key FROM ended e JOIN officers o ON o.unit_id = e.unit_id
    UNION
    SELECT o.region, o.officer_key FROM ended e JOIN officers o ON o.appointing_id = e.unit_id)
UPDATE officers o SET revision = o.revision + 1,
    unit_id = coalesce((SELECT e.heir_id FROM ended e WHERE e.unit_id = o.unit_id), o.unit_id),
    unit_path = coalesce((SELECT u.path FROM ended e JOIN units u ON u.unit_id = e.heir_id
                          WHERE e.unit_id = o.unit_id AND u.valid_from <= @day::date AND @day::date < u.valid_to), o.unit_path),
    appointing_id = coalesce((SELECT e.heir_id FROM ended e WHERE e.unit_id = o.appointing_id), o.appointing_id)
FROM touched t WHERE o.region = t.region AND o.officer_key = t.officer_key;

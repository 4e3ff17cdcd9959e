-- name: AddTips :exec
-- Tips, and apart from them their sources.
WITH sources AS (
    INSERT INTO tip_sources (region, tip_key, sealed)
    SELECT unnest(@regions::text[]), unnest(@tip_keys::text[]), unnest(@sealed::bytea[])
), given AS (
    SELECT unnest(@regions::text[]) AS region, unnest(@tip_keys::text[]) AS tip_key,
           unnest(@handling_paths::text[])::ltree AS handling_path, unnest(@unit_ids::text[]) AS unit_id,
           unnest(@unit_paths::text[])::ltree AS unit_path, unnest(@subject_areas::text[]) AS subject_area,
           unnest(@urgent::boolean[]) AS urgent, unnest(@receive_times::timestamptz[]) AS receive_time,
           unnest(@receipt_hashes::bytea[]) AS receipt_hash, unnest(@bodies::jsonb[]) AS body
)
INSERT INTO tips (region, tip_key, handling_path, handling_path_then, unit_id, unit_path, unit_path_then,
                  subject_area, urgent, state, receive_time, receipt_hash, body)
SELECT region, tip_key, handling_path, handling_path, unit_id, unit_path, unit_path, subject_area, urgent, @state, receive_time,
       receipt_hash, body
FROM given;

-- name: DueTips :many
-- Tips whose time limit ends on a day or ended lately, and those of whose end is to be reminded.
SELECT handling_path, revision, due_on::date AS due_on, body FROM tips
WHERE due_on <= @today::date AND due_on >= @since::date OR remind_on <= @today::date AND remind_on >= @since::date
ORDER BY region, tip_key;

-- name: Arrivals :many
-- How many tips came, or came again, on each of some days and wait to be accepted, and how many that are not ended were answered
-- by their senders, by who handles them and whom they are concealed from. What was passed on was told of then.
SELECT answered, came_on::date AS came_on, handling_path,
       ARRAY(SELECT jsonb_array_elements_text(concealed_from))::text[] AS concealed_from, count(*) AS tips
FROM (SELECT false AS answered, (n.receive_time AT TIME ZONE 'Asia/Shanghai')::date AS came_on, n.handling_path, n.concealed_from
      FROM tips n
      WHERE n.state = @received AND n.receive_time >= @first_time::timestamptz AND n.receive_time < @today_time::timestamptz
        AND n.resubmit_on IS NULL AND n.refer_on IS NULL
      UNION ALL
      SELECT false, a.resubmit_on, a.handling_path, a.concealed_from FROM tips a
      WHERE a.state = @received AND a.resubmit_on >= @first_day::date AND a.resubmit_on < @today::date
        AND (a.refer_on IS NULL OR a.refer_on <= a.resubmit_on)
      UNION ALL
      SELECT true, q.answer_on, q.handling_path, q.concealed_from FROM tips q
      WHERE q.state = ANY (@answerable::text[]) AND q.answer_on >= @first_day::date AND q.answer_on < @today::date) came
GROUP BY answered, came_on, handling_path, came.concealed_from
ORDER BY answered, came_on, handling_path;

-- name: GetTip :one
SELECT handling_path, revision, body FROM tips WHERE region = @region AND tip_key = @tip_key;

-- name: TipsNotConcealed :many
-- Where those of some tips are handled that are not concealed from a unit.
SELECT t.region, t.tip_key, t.handling_path FROM tips t
WHERE (t.region, t.tip_key) IN (SELECT unnest(@regions::text[]), unnest(@tip_keys::text[])) AND NOT jsonb_exists_any(
    t.concealed_from, ARRAY(SELECT 'units/' || p.predecessor_id FROM predecessors(ARRAY[@unit_id::text], @day::date) AS p));

-- name: TipsNamingPosts :many
-- Tips about posts of units of whose leaders something else is said since some day, but for what is about leaders already. The root,
-- which nobody is above, keeps its own.
SELECT t.region, t.tip_key, (t.body #>> '{content,position}')::text AS position,
       u.unit_id, u.title, u.first_responsible, u.leader_in_charge
FROM units u JOIN tips t ON t.unit_id = u.unit_id
WHERE u.valid_from BETWEEN @since::date AND @day::date AND u.valid_to > @day::date AND u.change_key <> '' AND u.parent_id <> ''
  AND NOT EXISTS (SELECT FROM units p WHERE p.unit_id = u.unit_id AND p.valid_to = u.valid_from
                  AND p.first_responsible = u.first_responsible AND p.leader_in_charge = u.leader_in_charge AND p.title = u.title)
  AND t.body #>> '{content,position}' <> '' AND NOT coalesce((t.body #>> '{content,aboutLeaders}')::boolean, false)
ORDER BY t.tip_key;

-- name: LockTip :one
SELECT handling_path, unit_path, revision, body FROM tips WHERE region = @region AND tip_key = @tip_key FOR UPDATE;

-- name: TipByReceipt :one
SELECT tip_key, body FROM tips WHERE region = @region AND receipt_hash = @receipt_hash;

-- name: SaveTip :exec
-- Where it counts changes with who handles it, not with where that unit stands.
UPDATE tips SET handling_path = @handling_path,
    handling_path_then = CASE WHEN handling_path = @handling_path THEN handling_path_then ELSE @handling_path END,
    subject_area = @subject_area, urgent = @urgent, state = @state, returns = @returns, unfounded = @unfounded,
    close_time = sqlc.narg(close_time), body = @body, revision = revision + 1
WHERE region = @region AND tip_key = @tip_key;

-- name: ListTips :many
-- The caller, which is all of caller_units, does not see what is about its own leaders or what it stepped aside from, wherever
-- the tree has moved it. Of tips of a role, it finds those that tell it: of some units that senders are sought in, with what they held.
SELECT region, tip_key, revision, source_unit_id, texts_of(source_roles)::text[] AS source_roles, body FROM tips
WHERE handling_path <@ @subtree::ltree
  AND (cardinality(@states::text[]) = 0 OR state = ANY (@states::text[]))
  AND receive_time >= @received_from AND receive_time < @received_before
  AND (@subject_area::text = '' OR subject_area = @subject_area::text)
  AND (@about_unit::text = '' OR unit_id = @about_unit::text)
  AND (@about_path::text = '' OR unit_path <@ CAST(nullif(@about_path::text, '') AS ltree))
  AND (@channel::text = '' OR channel = @channel::text)
  AND (@source_role::text = '' OR source_roles <> '[]' AND source_roles ? @source_role::text
       AND (source_unit_id, source_roles) IN (SELECT unnest(@telling_units::text[]), unnest(@telling_roles::jsonb[])))
  AND (NOT @only_urgent::boolean OR urgent)
  AND (@due_before::text = '' OR due_on < CAST(nullif(@due_before::text, '') AS date))
  AND NOT concealed_from ?| @caller_units::text[]
  AND (cardinality(@words::text[]) = 0 OR NOT EXISTS (
      SELECT FROM unnest(@words::text[]) word
      WHERE strpos(lower(normalize(concat_ws(' ', body #>> '{content,title}', body #>> '{content,body}',
                                             body #>> '{content,position}'), NFKC)), word) = 0))
  AND tip_key < @before_key
ORDER BY tip_key DESC
LIMIT @page_size;

-- name: CountTips :many
-- A page of the counts: of what is handled in a subtree, and of what is about some other subtrees, whoever handles it. By role, a tip
-- counts for each that may be told of the roles its sender held, by the unit that the sender is sought in. Who reads the numbers,
-- which is all of reader_units, does not learn how many there are about itself. A role from which fewer than least came is not told:
-- its tips are among those that came in from none.
WITH telling AS (
    SELECT unnest(@source_units::text[]) AS unit_id, unnest(@held_roles::jsonb[]) AS held, unnest(@told_roles::jsonb[]) AS roles
), grouped AS (
    SELECT unit_id, subject_area, role, sum(received) AS received, sum(returned) AS returned, sum(accepted) AS accepted,
           sum(closed) AS closed, sum(urgent) AS urgent, sum(unfounded) AS unfounded,
           sum(not_resubmitted) AS not_resubmitted
    FROM (SELECT t.unit_id, t.subject_area, r.role::text AS role,
                 c.received, c.returned, c.accepted, c.closed, c.urgents AS urgent, c.unfoundeds AS unfounded,
                 (c.returned > 0 AND coalesce(t.due_on < @today::date, false))::int AS not_resubmitted
          FROM tips t
          LEFT JOIN telling l ON l.unit_id = t.source_unit_id AND l.held = t.source_roles
          CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(l.roles, '[""]')) AS r (role)
          CROSS JOIN LATERAL tip_counts(t.state, t.urgent, t.unfounded)
              AS c (received, returned, accepted, closed, urgents, unfoundeds)
          WHERE (t.handling_path <@ @subtree::ltree OR t.unit_path <@ ANY (CAST(@about_paths::text[] AS ltree[])))
            AND t.receive_time >= @received_from AND t.receive_time < @received_before
            AND t.state <> @duplicate::text AND NOT t.concealed_from ?| @reader_units::text[]) counted
    WHERE (unit_id, subject_area) >= (@after_unit::text, @after_area::text)
    GROUP BY unit_id, subject_area, role
), told AS (
    SELECT unit_id, subject_area, (CASE WHEN received < @least::int THEN '' ELSE role END)::text AS role,
           sum(received)::bigint AS received, sum(returned)::bigint AS returned, sum(accepted)::bigint AS accepted,
           sum(closed)::bigint AS closed, sum(urgent)::bigint AS urgent, sum(unfounded)::bigint AS unfounded,
           sum(not_resubmitted)::bigint AS not_resubmitted
    FROM grouped
    GROUP BY 1, 2, 3
)
SELECT unit_id, subject_area, role, received, returned, accepted, closed, urgent, unfounded, not_resubmitted FROM told
WHERE (unit_id, subject_area, role) > (@after_unit::text, @after_area::text, @after_role::text)
ORDER BY unit_id, subject_area, role
LIMIT @page_size;

-- name: RolesOfTips :many
-- The other roles that the senders of tips held together, with one role among them where it is asked for, by the unit that they are
-- sought in.
SELECT DISTINCT t.source_unit_id, t.source_roles FROM tips t
WHERE (t.handling_path <@ @subtree::ltree OR t.unit_path <@ ANY (CAST(@about_paths::text[] AS ltree[])))
  AND t.receive_time >= @received_from AND t.receive_time < @received_before
  AND t.state <> @duplicate::text AND t.source_roles <> '[]'
  AND (@source_role::text = '' OR t.source_roles ? @source_role::text) AND NOT t.concealed_from ?| @reader_units::text[];

-- name: HasDuplicates :one
-- A duplicate is about the same unit, so it is of the same region.
SELECT EXISTS (SELECT FROM tips WHERE region = @region AND duplicate_of = @original::text);

-- name: SimilarTips :many
-- Of the newest candidates about the same unit and area, received near the same time, those whose texts are most alike.
SELECT revision, body, public.similarity(said, @said::text)::float8 AS likeness
FROM (SELECT revision, body, left((body #>> '{content,title}') || ' ' || (body #>> '{content,body}'), @compared::int) AS said
      FROM tips
      WHERE region = @region AND unit_id = @unit_id AND subject_area = @subject_area AND handling_path <@ @reach::ltree
        AND receive_time BETWEEN @received_from AND @received_until
        AND tip_key <> @tip_key AND state <> @duplicate::text
        AND NOT concealed_from ?| @caller_units::text[]
      ORDER BY tip_key DESC LIMIT @candidates) near
ORDER BY likeness DESC LIMIT @most;

-- name: Predecessors :many
-- Each of some units, and all that became it by a day.
SELECT unit_id::text AS unit_id, predecessor_id::text AS predecessor_id FROM predecessors(@unit_ids::text[], @day::date);

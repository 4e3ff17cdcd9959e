-- name: ReadRollUp :many
-- Counts of a unit's subtree: what is kept and, in the same snapshot, what is not yet added up, less what is concealed from who
-- reads them, which is all of reader_units. The lines are those between two child ids: '' and '' the whole, '0' and '~' the
-- children. By role, a tip counts for each that may be told of the roles its sender held, by the subtree of the line. A role from
-- which fewer than least came is not told: its tips are among those that came in from none.
WITH telling AS (
    SELECT unnest(@lines::text[]) AS child_id, unnest(@held_roles::jsonb[]) AS held, unnest(@told_roles::jsonb[]) AS roles
), cells AS (
    SELECT k.child_id, k.subject_area, k.source_roles, k.month,
           k.received, k.returned, k.accepted, k.closed, k.urgent, k.unfounded
    FROM roll_ups k
    WHERE k.unit_id = @unit_id::text AND k.month = ANY (@months::date[])
      AND k.child_id BETWEEN @first_child::text AND @last_child::text
    UNION ALL -- of the whole, a delta is read as it is: its lines are many, and of no use there
    SELECT '', d.subject_area, d.source_roles, d.month, d.received, d.returned, d.accepted, d.closed, d.urgent, d.unfounded
    FROM tip_deltas d
    WHERE @first_child::text = ''
      AND d.handling_path_then ~ ('*.' || @unit_id::text || '.*')::lquery AND d.month = ANY (@months::date[])
    UNION ALL
    SELECT d.child_id, d.subject_area, d.source_roles, d.month,
           d.received, d.returned, d.accepted, d.closed, d.urgent, d.unfounded
    FROM delta_lines d
    WHERE @last_child::text <> '' AND d.child_id <> '' AND d.child_id BETWEEN @first_child::text AND @last_child::text
      AND d.handling_path_then ~ ('*.' || @unit_id::text || '.*')::lquery AND d.unit_id = @unit_id::text
      AND d.month = ANY (@months::date[])
    UNION ALL
    SELECT l.child_id COLLATE "C", h.subject_area, h.source_roles, h.month,
           -h.received, -h.returned, -h.accepted, -h.closed, -h.urgent, -h.unfounded
    FROM concealed_tips h,
         LATERAL (VALUES (''),
                         (coalesce(h.towards[array_position(h.towards, @unit_id::text) + 1], @unit_id::text))) AS l (child_id)
    WHERE h.concealed_from ?| @reader_units::text[] AND h.counted_in @> ARRAY[@unit_id::text]
      AND h.month = ANY (@months::date[]) AND l.child_id BETWEEN @first_child::text AND @last_child::text
), grouped AS (
    SELECT c.child_id AS child,
           (CASE WHEN @by_area::boolean THEN subject_area ELSE '' END)::text AS area,
           role::text AS role,
           (CASE WHEN @by_month::boolean THEN month ELSE '1900-01-01' END)::date AS in_month,
           sum(received) AS received, sum(returned) AS returned, sum(accepted) AS accepted,
           sum(closed) AS closed, sum(urgent) AS urgent, sum(unfounded) AS unfounded
    FROM cells c LEFT JOIN telling l ON l.child_id = c.child_id AND l.held = c.source_roles
    CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(l.roles, '[""]')) AS role
    GROUP BY in_month, child, area, role
), told AS (
    SELECT child, area, (CASE WHEN received < @least::int THEN '' ELSE role END)::text AS source_role, in_month,
           sum(received)::bigint AS received, sum(returned)::bigint AS returned, sum(accepted)::bigint AS accepted,
           sum(closed)::bigint AS closed, sum(urgent)::bigint AS urgent, sum(unfounded)::bigint AS unfounded
    FROM grouped
    GROUP BY in_month, child, area, source_role
)
SELECT child, area, source_role, in_month, received, returned, accepted, closed, urgent, unfounded FROM told
WHERE received <> 0 AND (@first::boolean OR (in_month, child, area, source_role)
                                          > (@after_month::date, @after_child::text, @after_area::text, @after_role::text))
ORDER BY in_month, child, area, source_role
LIMIT @page_size;

-- name: ListTipSeries :many
-- A page of the series: of what is handled in a subtree, and of what is about some other subtrees, whoever handles it. What is kept
-- and what is not yet added up, in one snapshot, less what is concealed from who reads it, which is all of reader_units. No more
-- is taken of what is kept than a page holds, so that a page costs no more; groups that deltas bring to zero therefore stay in it.
WITH noted AS (
    SELECT last_of(d.unit_path) COLLATE "C" AS unit_id, d.subject_area, d.month, d.channel,
           d.received, d.returned, d.urgent, d.unfounded
    FROM tip_deltas d
    WHERE (d.handling_path <@ @subtree::ltree OR d.unit_path <@ ANY (CAST(@about_paths::text[] AS ltree[])))
      AND d.month = ANY (@months::date[]) AND NOT d.concealed_from ?| @reader_units::text[]
), kept AS (
    SELECT k.unit_id, k.subject_area, k.month, k.channel,
           sum(k.received) AS received, sum(k.returned) AS returned, sum(k.urgent) AS urgent, sum(k.unfounded) AS unfounded
    FROM tip_series k
    WHERE (k.handling_path <@ @subtree::ltree OR k.unit_path <@ ANY (CAST(@about_paths::text[] AS ltree[])))
      AND k.month = ANY (@months::date[]) AND NOT k.concealed_from ?| @reader_units::text[]
      AND (k.unit_id, k.subject_area, k.month, k.channel)
        > (@after_unit::text, @after_area::text, @after_month::date, @after_channel::text)
    GROUP BY 1, 2, 3, 4
    HAVING sum(k.received) <> 0
    ORDER BY 1, 2, 3, 4
    LIMIT @page_size
)
SELECT unit_id::text AS unit_id, subject_area::text AS subject_area, month::date AS month, channel::text AS channel,
       sum(received)::bigint AS received, sum(returned)::bigint AS returned, sum(urgent)::bigint AS urgent,
       sum(unfounded)::bigint AS unfounded
FROM (SELECT * FROM kept UNION ALL SELECT * FROM noted) cells
WHERE (unit_id, subject_area, month, channel) > (@after_unit::text, @after_area::text, @after_month::date, @after_channel::text)
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
LIMIT @page_size;

-- name: RolesOfRollUp :many
-- The other roles that senders of what ReadRollUp counts held together, by line.
SELECT k.child_id::text AS child_id, k.source_roles FROM roll_ups k
WHERE k.unit_id = @unit_id::text AND k.month = ANY (@months::date[])
  AND k.child_id BETWEEN @first_child::text AND @last_child::text AND k.source_roles <> '[]'
UNION
SELECT d.child_id::text, d.source_roles FROM delta_lines d
WHERE d.handling_path_then ~ ('*.' || @unit_id::text || '.*')::lquery AND d.unit_id = @unit_id::text
  AND d.month = ANY (@months::date[])
  AND d.child_id BETWEEN @first_child::text AND @last_child::text AND d.source_roles <> '[]';

-- name: TryLockCompaction :one
-- One replica adds up at a time; the others have nothing to wait for.
SELECT pg_try_advisory_xact_lock(hashtext('qingfeng compact roll-ups ' || current_schema()))::boolean AS locked;

-- name: LockCompaction :exec
-- Keeps deltas where they are until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('qingfeng compact roll-ups ' || current_schema()));

-- name: CompactDeltas :one
-- Adds up the oldest deltas and takes them away, in one statement: whoever reads sees each of them once.
WITH taken AS (
    -- A bound and not a list of ids: the table is nearly empty whenever it is analysed, so that a join would become a nested
    -- loop.
    DELETE FROM tip_deltas WHERE delta_id <=
        (SELECT max(o.delta_id) FROM (SELECT delta_id FROM tip_deltas ORDER BY delta_id LIMIT @most) o)
    RETURNING handling_path, handling_path_then, unit_path, unit_path_then, month, subject_area, source_roles, channel, concealed_from,
              received, returned, accepted, closed, urgent, unfounded
), together AS (
    SELECT handling_path_then, unit_path_then, month, subject_area, source_roles,
           sum(received) AS received, sum(returned) AS returned, sum(accepted) AS accepted,
           sum(closed) AS closed, sum(urgent) AS urgent, sum(unfounded) AS unfounded
    FROM taken
    GROUP BY 1, 2, 3, 4, 5
    HAVING (sum(received), sum(returned), sum(accepted), sum(closed), sum(urgent), sum(unfounded)) <> (0, 0, 0, 0, 0, 0)
), in_series AS (
    INSERT INTO tip_series AS k (unit_id, subject_area, month, channel, handling_id, concealed_from, unit_path, handling_path,
                                 received, returned, urgent, unfounded)
    SELECT last_of(unit_path), subject_area, month, channel, last_of(handling_path), concealed_from,
           max(unit_path::text)::ltree, max(handling_path::text)::ltree,
           sum(received), sum(returned), sum(urgent), sum(unfounded)
    FROM taken
    GROUP BY 1, 2, 3, 4, 5, 6
    HAVING (sum(received), sum(returned), sum(urgent), sum(unfounded)) <> (0, 0, 0, 0)
    ON CONFLICT (unit_id, subject_area, month, channel, handling_id, concealed_from) DO UPDATE SET
        received = k.received + excluded.received, returned = k.returned + excluded.returned,
        urgent = k.urgent + excluded.urgent, unfounded = k.unfounded + excluded.unfounded
), added AS (
    INSERT INTO roll_ups AS k (unit_id, month, child_id, subject_area, source_roles,
                               received, returned, accepted, closed, urgent, unfounded)
    SELECT l.unit_id, t.month, l.child_id, t.subject_area, t.source_roles,
           sum(t.received), sum(t.returned), sum(t.accepted), sum(t.closed), sum(t.urgent), sum(t.unfounded)
    FROM together t, roll_up_lines(t.handling_path_then, t.unit_path_then) AS l
    GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (unit_id, month, child_id, subject_area, source_roles) DO UPDATE SET
        received = k.received + excluded.received, returned = k.returned + excluded.returned,
        accepted = k.accepted + excluded.accepted, closed = k.closed + excluded.closed,
        urgent = k.urgent + excluded.urgent, unfounded = k.unfounded + excluded.unfounded
)
SELECT count(*) FROM taken;

-- name: CompareRollUp :many
-- The cells of one unit that are not kept as they should be, in one snapshot: what is kept, and what the tips count less what
-- is not yet added up. Both leave out what is concealed from reader_units, which changes nothing between them.
WITH counted AS (
    SELECT t.month, t.child_id, t.subject_area, t.source_roles, t.received, t.returned, t.accepted, t.closed, t.urgent, t.unfounded
    FROM tip_lines t
    WHERE t.handling_path_then ~ ('*.' || @unit_id::text || '.*')::lquery AND t.unit_id = @unit_id::text
      AND t.receive_time >= @received_from AND t.receive_time < @received_before
    UNION ALL
    SELECT d.month, d.child_id, d.subject_area, d.source_roles,
           -d.received, -d.returned, -d.accepted, -d.closed, -d.urgent, -d.unfounded
    FROM delta_lines d
    WHERE d.handling_path_then ~ ('*.' || @unit_id::text || '.*')::lquery AND d.unit_id = @unit_id::text
      AND d.month = ANY (@months::date[])
), cells AS (
    SELECT 0 AS kept, 1 AS due, c.* FROM counted c
    UNION ALL
    SELECT 1, 1, h.month, l.child_id COLLATE "C", h.subject_area, h.source_roles,
           -h.received, -h.returned, -h.accepted, -h.closed, -h.urgent, -h.unfounded
    FROM concealed_tips h,
         LATERAL (VALUES (''),
                         (coalesce(h.towards[array_position(h.towards, @unit_id::text) + 1], @unit_id::text))) AS l (child_id)
    WHERE h.concealed_from ?| @reader_units::text[] AND h.counted_in @> ARRAY[@unit_id::text] AND h.month = ANY (@months::date[])
    UNION ALL
    SELECT 1, 0, k.month, k.child_id, k.subject_area, k.source_roles,
           k.received, k.returned, k.accepted, k.closed, k.urgent, k.unfounded
    FROM roll_ups k WHERE k.unit_id = @unit_id::text AND k.month = ANY (@months::date[])
), compared AS (
    SELECT month, child_id, subject_area, source_roles,
           sum(kept * received)::bigint AS received, sum(kept * returned)::bigint AS returned,
           sum(kept * accepted)::bigint AS accepted, sum(kept * closed)::bigint AS closed,
           sum(kept * urgent)::bigint AS urgent, sum(kept * unfounded)::bigint AS unfounded,
           sum(due * received)::bigint AS due_received, sum(due * returned)::bigint AS due_returned,
           sum(due * accepted)::bigint AS due_accepted, sum(due * closed)::bigint AS due_closed,
           sum(due * urgent)::bigint AS due_urgent, sum(due * unfounded)::bigint AS due_unfounded
    FROM cells
    GROUP BY month, child_id, subject_area, source_roles
)
SELECT month, child_id::text AS child_id, subject_area::text AS subject_area, source_roles::jsonb AS source_roles,
       received, returned, accepted, closed, urgent, unfounded,
       due_received, due_returned, due_accepted, due_closed, due_urgent, due_unfounded
FROM compared
WHERE (received, returned, accepted, closed, urgent, unfounded)
   <> (due_received, due_returned, due_accepted, due_closed, due_urgent, due_unfounded)
ORDER BY month, child_id, subject_area, source_roles
LIMIT @most;

-- name: SetRollUps :exec
-- Sets cells of one unit to counts.
INSERT INTO roll_ups AS k (unit_id, month, child_id, subject_area, source_roles,
                           received, returned, accepted, closed, urgent, unfounded)
SELECT @unit_id::text, unnest(@months::date[]), unnest(@child_ids::text[]), unnest(@subject_areas::text[]),
       unnest(@source_roles::jsonb[]),
       unnest(@received::integer[]), unnest(@returned::integer[]), unnest(@accepted::integer[]),
       unnest(@closed::integer[]), unnest(@urgent::integer[]), unnest(@unfounded::integer[])
ON CONFLICT (unit_id, month, child_id, subject_area, source_roles) DO UPDATE SET
    received = excluded.received, returned = excluded.returned, accepted = excluded.accepted,
    closed = excluded.closed, urgent = excluded.urgent, unfounded = excluded.unfounded;

-- name: CompareTipSeries :many
-- The cells of series of what is handled in a subtree that are not kept as they should be, in one snapshot: what is kept, and what the
-- tips count less what is not yet added up, without what is concealed from reader_units.
WITH cells AS (
    SELECT 1 AS kept, 0 AS due, k.unit_id, k.subject_area, k.month, k.channel, k.handling_id, k.concealed_from, k.unit_path, k.handling_path,
           k.received, k.returned, k.urgent, k.unfounded
    FROM tip_series k
    WHERE k.handling_path <@ @subtree::ltree AND k.month = ANY (@months::date[])
    UNION ALL
    SELECT 0, 1, last_of(t.unit_path), t.subject_area, month_of(t.receive_time), t.channel, last_of(t.handling_path), t.concealed_from,
           t.unit_path, t.handling_path, c.received, c.returned, c.urgents, c.unfoundeds
    FROM tips t, tip_counts(t.state, t.urgent, t.unfounded) AS c (received, returned, accepted, closed, urgents, unfoundeds)
    WHERE t.handling_path <@ @subtree::ltree AND t.receive_time >= @received_from AND t.receive_time < @received_before
    UNION ALL
    SELECT 0, 1, last_of(d.unit_path), d.subject_area, d.month, d.channel, last_of(d.handling_path), d.concealed_from,
           d.unit_path, d.handling_path, -d.received, -d.returned, -d.urgent, -d.unfounded
    FROM tip_deltas d
    WHERE d.handling_path <@ @subtree::ltree AND d.month = ANY (@months::date[])
), compared AS (
    SELECT unit_id COLLATE "C" AS unit_id, subject_area COLLATE "C" AS subject_area, month, channel COLLATE "C" AS channel,
           handling_id COLLATE "C" AS handling_id, concealed_from,
           coalesce(max(unit_path::text) FILTER (WHERE kept = 0), max(unit_path::text)) AS unit_path,
           coalesce(max(handling_path::text) FILTER (WHERE kept = 0), max(handling_path::text)) AS handling_path,
           sum(kept * received)::bigint AS received, sum(kept * returned)::bigint AS returned,
           sum(kept * urgent)::bigint AS urgent, sum(kept * unfounded)::bigint AS unfounded,
           sum(due * received)::bigint AS due_received, sum(due * returned)::bigint AS due_returned,
           sum(due * urgent)::bigint AS due_urgent, sum(due * unfounded)::bigint AS due_unfounded
    FROM cells
    WHERE NOT concealed_from ?| @reader_units::text[]
    GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT unit_id::text AS unit_id, subject_area::text AS subject_area, month, channel::text AS channel,
       handling_id::text AS handling_id, concealed_from::jsonb AS concealed_from,
       unit_path::text AS unit_path, handling_path::text AS handling_path, received, returned, urgent, unfounded,
       due_received, due_returned, due_urgent, due_unfounded
FROM compared
WHERE (received, returned, urgent, unfounded) <> (due_received, due_returned, due_urgent, due_unfounded)
ORDER BY unit_id, subject_area, month, channel, handling_id
LIMIT @most;

-- name: SetTipSeries :exec
-- Sets cells of series to counts.
INSERT INTO tip_series (unit_id, subject_area, month, channel, handling_id, concealed_from, unit_path, handling_path,
                        received, returned, urgent, unfounded)
SELECT unnest(@unit_ids::text[]), unnest(@subject_areas::text[]), unnest(@months::date[]), unnest(@channels::text[]),
       unnest(@handling_ids::text[]), unnest(@concealed_froms::jsonb[]), unnest(@unit_paths::text[])::ltree,
       unnest(@handling_paths::text[])::ltree, unnest(@received::integer[]), unnest(@returned::integer[]),
       unnest(@urgent::integer[]), unnest(@unfounded::integer[])
ON CONFLICT (unit_id, subject_area, month, channel, handling_id, concealed_from) DO UPDATE SET
    unit_path = excluded.unit_path, handling_path = excluded.handling_path,
    received = excluded.received, returned = excluded.returned, urgent = excluded.urgent, unfounded = excluded.unfounded;

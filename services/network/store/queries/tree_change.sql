-- name: SaveUndoBefore :exec
-- Keeps what units, and those of subtrees, are before a planned change changes them for the first time.
INSERT INTO unit_undo (change_key, unit_id, before)
SELECT @change_key, t.unit_id, versions_from(t.unit_id, @day::date) FROM (
    SELECT unnest(@unit_ids::text[]) AS unit_id
    UNION
    SELECT u.unit_id FROM units u JOIN unnest(@subtrees::text[]) AS top ON in_subtree(u.path, top::ltree)
    WHERE u.valid_to > @day::date
) t
ON CONFLICT DO NOTHING;

-- name: SaveUndoAfter :exec
UPDATE unit_undo SET after = versions_from(unit_id, @day::date) WHERE change_key = @change_key;

-- name: LockTreeChange :one
SELECT * FROM tree_changes WHERE change_key = @change_key FOR UPDATE;

-- name: HasUndo :one
SELECT EXISTS (SELECT FROM unit_undo WHERE change_key = @change_key);

-- name: TouchedUnits :many
-- The units that a planned change touches, those too that it merely moves.
SELECT unit_id FROM unit_undo WHERE change_key = @change_key;

-- name: CarryVersions :exec
-- Has the units of a planned change keep, without it and with it, what was changed of them since for days before its own.
UPDATE unit_undo x SET before = carried(x.before, n.now, @day::date), after = carried(x.after, n.now, @day::date)
FROM (SELECT y.unit_id, versions_from(y.unit_id, @day::date) AS now FROM unit_undo y WHERE y.change_key = @change_key) n
WHERE x.change_key = @change_key AND x.unit_id = n.unit_id;

-- name: FoundedUnits :many
-- The units that a planned change founds, with their titles and paths.
SELECT unit_id, coalesce(after -> 0 ->> 'title', '')::text AS title, coalesce(after -> 0 ->> 'path', '')::text AS path FROM unit_undo
WHERE change_key = @change_key AND before = '[]' ORDER BY unit_id;

-- name: LaterPlan :one
-- The last plan that stands on a planned change: one of the same units, or that took another from below a unit that the change placed,
-- or put it there. Without the change, that plan would not hold, or could not be cancelled any more; that a founding was taken back
-- may stay for good.
SELECT c.change_key, c.effective_on, c.unit_path::text AS unit_path, later.unit_id
FROM unit_undo later JOIN tree_changes c USING (change_key)
WHERE later.change_key <> @change_key AND (
    EXISTS (SELECT FROM unit_undo x WHERE x.change_key = @change_key AND x.unit_id = later.unit_id AND later.seq > x.seq)
    OR EXISTS (
        SELECT FROM jsonb_array_elements(CASE later.after WHEN '[]' THEN '[]' ELSE later.before || later.after END) b JOIN unit_undo x ON x.unit_id IN (b ->> 'parent_id', b ->> 'system_parent_id')
        WHERE x.change_key = @change_key AND later.seq > x.seq AND EXISTS (
            SELECT FROM jsonb_array_elements(x.after) a
            WHERE NOT x.before @> jsonb_build_array(jsonb_build_object('path', a -> 'path')))))
ORDER BY later.seq DESC LIMIT 1;

-- name: ChangedSince :one
-- A unit that is no longer as a planned change left it; empty where there is none.
SELECT coalesce(min(x.unit_id), '')::text AS unit_id FROM unit_undo x
WHERE x.change_key = @change_key AND x.after <> versions_from(x.unit_id, @day::date);

-- name: CodeTaken :one
-- A division code that a unit would have again and that another has meanwhile; empty where there is none.
SELECT coalesce(min(o.division_code), '')::text AS division_code
FROM unit_undo x, LATERAL jsonb_populate_recordset(NULL::units, x.before) b
JOIN units o ON o.division_code = b.division_code AND o.division_code <> ''
  AND o.valid_from < b.valid_to AND b.valid_from < o.valid_to
WHERE x.change_key = @change_key
  AND NOT EXISTS (SELECT FROM unit_undo t WHERE t.change_key = @change_key AND t.unit_id = o.unit_id);

-- name: DeleteStartedVersions :exec
-- Takes away all that a planned change made or changed.
WITH ends AS (DELETE FROM unit_ends e WHERE e.change_key = @change_key),
successions AS (DELETE FROM unit_successions s WHERE s.change_key = @change_key)
DELETE FROM units u USING unit_undo x WHERE x.change_key = @change_key AND u.unit_id = x.unit_id AND u.valid_to >= @day::date;

-- name: RestoreVersions :exec
INSERT INTO units SELECT (jsonb_populate_recordset(NULL::units, x.before)).* FROM unit_undo x WHERE x.change_key = @change_key;

-- name: FindOrphaned :one
-- A unit that is orphaned from the day of a change on that was cancelled: on some day the unit above it, in either line, is
-- not or is elsewhere; the system line goes round; or its successor never comes to be. Empty where there is none.
WITH RECURSIVE changed AS MATERIALIZED (SELECT x.unit_id FROM unit_undo x WHERE x.change_key = @change_key),
concerned AS (
    SELECT u.* FROM units u JOIN changed t USING (unit_id) WHERE u.valid_to > @day::date
    UNION
    SELECT u.* FROM units u JOIN changed t ON u.parent_id = t.unit_id WHERE u.valid_to > @day::date
    UNION
    SELECT u.* FROM units u JOIN changed t ON u.system_parent_id = t.unit_id
    WHERE u.system_parent_id <> '' AND u.valid_to > @day::date),
line AS (
    SELECT t.unit_id AS start, t.unit_id FROM changed t
    UNION
    SELECT l.start, u.system_parent_id FROM line l JOIN units u USING (unit_id)
    WHERE u.system_parent_id <> '' AND u.valid_to > @day::date)
SELECT coalesce(min(s.unit_id), '')::text AS unit_id FROM (
    SELECT c.unit_id
    FROM concerned c, LATERAL (VALUES (c.parent_id, subpath(c.path, 0, -1)), (c.system_parent_id, NULL)) AS above (unit_id, path)
    WHERE above.unit_id <> '' AND NOT daterange(greatest(c.valid_from, @day::date), c.valid_to) <@ (
        SELECT coalesce(range_agg(daterange(p.valid_from, p.valid_to)), '{}') FROM units p
        WHERE p.unit_id = above.unit_id AND p.path = coalesce(above.path, p.path))
    UNION ALL
    SELECT l.start FROM line l JOIN units u USING (unit_id) WHERE u.system_parent_id = l.start AND u.valid_to > @day::date
    UNION ALL
    SELECT e.unit_id FROM unit_ends e JOIN changed t ON e.successor_id = t.unit_id
    WHERE NOT EXISTS (SELECT FROM units u WHERE u.unit_id = e.successor_id)
) s;

-- name: CancelTreeChange :exec
-- A cancelled change has nothing that records would have to follow.
WITH deleted AS (DELETE FROM unit_undo u WHERE u.change_key = @change_key)
UPDATE tree_changes SET applied = true, cancel_time = @cancel_time, cancel_reason = @cancel_reason
WHERE tree_changes.change_key = @change_key;

-- name: PathsOn :many
-- The paths of some units on a day.
SELECT unit_id, path::text AS path FROM units
WHERE unit_id = ANY (@unit_ids::text[]) AND valid_from <= @day::date AND @day::date < valid_to;

-- name: GetTreeChange :one
SELECT * FROM tree_changes WHERE change_key = @change_key;

-- name: ListTreeChanges :many
-- Changes that units of a subtree decided or that name units that lie there on a day, or ever lay there where they are
-- not there on that day.
SELECT * FROM tree_changes c
WHERE c.change_key < @before_key
  AND (NOT @only_planned::boolean OR c.effective_on > @today::date AND c.cancel_time IS NULL)
  AND (c.unit_path <@ @subtree::ltree OR EXISTS (
      SELECT FROM units u
      WHERE u.unit_id = ANY (c.unit_ids) AND in_subtree(u.path, @subtree::ltree)
        AND (u.valid_from <= @today::date AND @today::date < u.valid_to OR NOT EXISTS (
            SELECT FROM units n
            WHERE n.unit_id = u.unit_id AND n.valid_from <= @today::date AND @today::date < n.valid_to))))
ORDER BY c.change_key DESC
LIMIT @page_size;

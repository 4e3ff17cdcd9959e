-- name: NoteUndo :exec
-- Has what the transaction does to versions of units noted under a change, so that it can be taken back before its day.
SELECT set_config('qingfeng.act', @act_key::text, true);

-- name: LockAct :one
SELECT * FROM unit_acts WHERE act_key = @act_key FOR UPDATE;

-- name: ChangedSince :one
-- A unit whose versions are no longer as a planned change left them; empty where there is none.
SELECT coalesce(min(unit_id), '')::text AS unit_id FROM changed_since(@act_key::text, @day::date) AS unit_id;

-- name: HasUndo :one
SELECT EXISTS (SELECT FROM unit_undo WHERE act_key = @act_key);

-- name: TakeBack :exec
SELECT take_back(@act_key::text, @day::date);

-- name: StandsOn :one
-- A unit that would hang in the air once a planned change is taken back; empty where there is none.
SELECT coalesce(min(unit_id), '')::text AS unit_id FROM stands_on(@act_key::text, @day::date) AS unit_id;

-- name: CancelAct :exec
-- A cancelled change has nothing that records would have to follow.
WITH forgotten AS (DELETE FROM unit_undo u WHERE u.act_key = @act_key)
UPDATE unit_acts SET settled = true, cancel_time = @cancel_time, cancel_reason = @cancel_reason WHERE unit_acts.act_key = @act_key;

-- name: PathsOn :many
-- The paths of some units on a day.
SELECT unit_id, path::text AS path FROM units WHERE unit_id = ANY (@unit_ids::text[]) AND valid_from <= @day::date AND @day::date < valid_to;

-- name: ListActs :many
-- Changes that units of a subtree decided or that name units that lie there on a day.
SELECT * FROM unit_acts a
WHERE a.act_key < @before_key
  AND (NOT @only_planned::boolean OR a.effective_on > @today::date AND a.cancel_time IS NULL)
  AND (a.unit_path <@ @subtree::ltree OR EXISTS (
      SELECT FROM units u
      WHERE u.unit_id = ANY (a.unit_ids) AND u.valid_from <= @today::date AND @today::date < u.valid_to
        AND in_subtree(u.path, @subtree::ltree)))
ORDER BY a.act_key DESC
LIMIT @page_size;

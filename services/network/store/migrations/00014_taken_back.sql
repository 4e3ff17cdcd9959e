-- +goose Up
-- What is taken back or has had its time: planned changes, uploads, messages.

-- Who decided a change of the tree, of which units, and whether it was cancelled before its day (ADR 025).
ALTER TABLE unit_acts
    ADD COLUMN unit_path     ltree  NOT NULL DEFAULT '',
    ADD COLUMN unit_ids      text[] NOT NULL DEFAULT '{}',
    ADD COLUMN cancel_time   timestamptz,
    ADD COLUMN cancel_reason text   NOT NULL DEFAULT '';
UPDATE unit_acts SET unit_path = u.path FROM units u WHERE u.parent_id = '' AND u.valid_to = '9999-12-31';
ALTER TABLE unit_acts ALTER COLUMN unit_path DROP DEFAULT;
ALTER TABLE unit_successions ADD COLUMN act_key text NOT NULL DEFAULT '';
CREATE INDEX unit_successions_act ON unit_successions (act_key) WHERE act_key <> '';
CREATE INDEX unit_ends_act ON unit_ends (act_key);

-- What a planned change did to versions of units, for taking it back; forgotten once its day has come.
CREATE TABLE unit_undo (
    act_key    text  NOT NULL,
    unit_id    text  NOT NULL,
    valid_from date  NOT NULL,
    before     jsonb,            -- the version as it was; NULL where there was none
    after      jsonb,            -- as the change left it; NULL where it took it away
    PRIMARY KEY (act_key, unit_id, valid_from)
);
CREATE INDEX unit_undo_version ON unit_undo (unit_id, valid_from);

-- +goose StatementBegin
-- Notes what the change that the transaction names does to a version. In the database and not in Go: no way of changing the tree
-- can forget it.
CREATE FUNCTION note_undo() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO unit_undo (act_key, unit_id, valid_from, before, after)
    VALUES (current_setting('qingfeng.act'), coalesce(NEW.unit_id, OLD.unit_id), coalesce(NEW.valid_from, OLD.valid_from),
            CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END)
    ON CONFLICT (act_key, unit_id, valid_from) DO UPDATE SET after = excluded.after;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER note_undo AFTER INSERT OR DELETE ON units
    FOR EACH ROW WHEN (coalesce(current_setting('qingfeng.act', true), '') <> '') EXECUTE FUNCTION note_undo();
CREATE TRIGGER note_undo_update AFTER UPDATE ON units
    FOR EACH ROW WHEN (coalesce(current_setting('qingfeng.act', true), '') <> '' AND OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION note_undo();

-- +goose StatementBegin
-- The units whose versions are no longer as a planned change left them, so that it can't be taken back. What a later change said
-- of a unit from an earlier day on is no hindrance: it stands in the version before as well. A path may differ: it follows the
-- units above, and stands_on looks at it.
CREATE FUNCTION changed_since(act text, day date) RETURNS SETOF text LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT x.unit_id
    FROM unit_undo x
    LEFT JOIN units u ON u.unit_id = x.unit_id AND u.valid_from = x.valid_from
    LEFT JOIN units p ON p.unit_id = x.unit_id AND p.valid_to = day
    WHERE x.act_key = act AND CASE
        WHEN x.before IS NULL THEN
            u.unit_id IS NULL OR u.valid_to < (x.after ->> 'valid_to')::date
            OR EXISTS (SELECT FROM jsonb_each(to_jsonb(u)) c
                       WHERE c.key NOT IN ('valid_from', 'valid_to', 'path') AND c.value IS DISTINCT FROM x.after -> c.key
                         AND c.value IS DISTINCT FROM to_jsonb(p) -> c.key)
        WHEN x.after IS NULL THEN u.unit_id IS NOT NULL OR p.act_key > act   -- keys sort by time
        WHEN x.valid_from < day THEN p.unit_id IS NULL
        ELSE x.before <> x.after AND u.valid_to < (x.after ->> 'valid_to')::date
             OR EXISTS (SELECT FROM jsonb_each(x.after) c
                        WHERE c.value IS DISTINCT FROM x.before -> c.key AND c.value IS DISTINCT FROM to_jsonb(u) -> c.key)
        END
    UNION ALL
    -- Whoever has the division code for good that a unit would have again.
    SELECT o.unit_id
    FROM unit_undo x
    LEFT JOIN units p ON p.unit_id = x.unit_id AND p.valid_to = day
    JOIN units o ON o.division_code IN (x.before ->> 'division_code', p.division_code) AND o.division_code <> ''
     AND o.valid_to = '9999-12-31' AND o.unit_id <> x.unit_id
    WHERE x.act_key = act AND NOT EXISTS (SELECT FROM unit_undo n WHERE n.act_key = act AND n.unit_id = o.unit_id)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Takes a planned change back: versions that began with it become one with those before, which end where those did; what else it
-- changed is again as it was. What is noted of other changes goes along: a version that is longer is so by right, and one that is
-- gone they need not look after. A new column of units belongs into the UPDATE.
CREATE FUNCTION take_back(act text, day date) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    WITH gone AS (
        DELETE FROM units u USING unit_undo x
        WHERE x.act_key = act AND x.before IS NULL AND u.unit_id = x.unit_id AND u.valid_from = x.valid_from
        RETURNING u.unit_id, u.valid_to),
    longer AS (
        UPDATE units p SET valid_to = gone.valid_to FROM gone WHERE p.unit_id = gone.unit_id AND p.valid_to = day
        RETURNING p.unit_id, p.valid_from, p.valid_to)
    UPDATE unit_undo o SET after = jsonb_set(o.after, '{valid_to}', to_jsonb(longer.valid_to)) FROM longer
    WHERE o.unit_id = longer.unit_id AND o.valid_from = longer.valid_from AND (o.after ->> 'valid_to')::date = day AND o.act_key <> act;

    WITH longer AS (
        UPDATE units p SET valid_to = (x.before ->> 'valid_to')::date
        FROM unit_undo x WHERE x.act_key = act AND x.valid_from < day AND p.unit_id = x.unit_id AND p.valid_to = day
        RETURNING p.unit_id, p.valid_from, p.valid_to)
    UPDATE unit_undo o SET after = jsonb_set(o.after, '{valid_to}', to_jsonb(longer.valid_to)) FROM longer
    WHERE o.unit_id = longer.unit_id AND o.valid_from = longer.valid_from AND (o.after ->> 'valid_to')::date = day AND o.act_key <> act;

    DELETE FROM unit_undo o USING unit_undo x
    WHERE x.act_key = act AND x.before IS NULL AND o.unit_id = x.unit_id AND o.valid_from = x.valid_from AND o.act_key <> act;

    UPDATE units u SET title = r.title, kind = r.kind, division_code = r.division_code, parent_id = r.parent_id,
        system_parent_id = r.system_parent_id, path = r.path, responsible_office = r.responsible_office,
        first_responsible = r.first_responsible, leader_in_charge = r.leader_in_charge, sort = r.sort, act_key = r.act_key
    FROM unit_undo x JOIN units o ON o.unit_id = x.unit_id AND o.valid_from = x.valid_from,
         LATERAL jsonb_populate_record(NULL::units, to_jsonb(o) || coalesce(
             (SELECT jsonb_object_agg(b.key, b.value) FROM jsonb_each(x.before) b WHERE b.value IS DISTINCT FROM x.after -> b.key), '{}')) r
    WHERE x.act_key = act AND x.valid_from >= day AND x.before IS NOT NULL AND x.after IS NOT NULL
      AND u.unit_id = o.unit_id AND u.valid_from = o.valid_from;

    INSERT INTO units
    SELECT r.* FROM unit_undo x, LATERAL jsonb_populate_record(NULL::units, x.before) r WHERE x.act_key = act AND x.after IS NULL;

    DELETE FROM unit_ends WHERE act_key = act;
    DELETE FROM unit_successions WHERE act_key = act;
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Units that would hang in the air once a change is taken back: under none, or elsewhere than their path says, on some day from
-- its own on; on a circle of the system line; with a division code that another has by then; or heirs that never come to be.
CREATE FUNCTION stands_on(act text, day date) RETURNS SETOF text LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH RECURSIVE touched AS MATERIALIZED (SELECT DISTINCT unit_id FROM unit_undo WHERE act_key = act),
    concerned AS MATERIALIZED (
        SELECT u.* FROM units u JOIN touched t USING (unit_id) WHERE u.valid_to > day
        UNION
        SELECT u.* FROM units u JOIN touched t ON u.parent_id = t.unit_id WHERE u.valid_to > day
        UNION
        SELECT u.* FROM units u JOIN touched t ON u.system_parent_id = t.unit_id WHERE u.system_parent_id <> '' AND u.valid_to > day),
    line AS (
        SELECT c.unit_id AS start, c.system_parent_id AS unit_id FROM concerned c JOIN touched t USING (unit_id) WHERE c.system_parent_id <> ''
        UNION
        SELECT l.start, u.system_parent_id FROM line l JOIN units u ON u.unit_id = l.unit_id
        WHERE u.system_parent_id <> '' AND u.valid_to > day)
    SELECT c.unit_id FROM concerned c
    WHERE c.parent_id <> '' AND c.valid_to - greatest(c.valid_from, day) <> (
        SELECT coalesce(sum(least(p.valid_to, c.valid_to) - greatest(p.valid_from, c.valid_from, day)), 0) FROM units p
        WHERE p.unit_id = c.parent_id AND p.path = subpath(c.path, 0, -1)
          AND p.valid_from < c.valid_to AND p.valid_to > greatest(c.valid_from, day))
    UNION ALL
    SELECT c.unit_id FROM concerned c
    WHERE c.system_parent_id <> '' AND c.valid_to - greatest(c.valid_from, day) <> (
        SELECT coalesce(sum(least(p.valid_to, c.valid_to) - greatest(p.valid_from, c.valid_from, day)), 0) FROM units p
        WHERE p.unit_id = c.system_parent_id AND p.valid_from < c.valid_to AND p.valid_to > greatest(c.valid_from, day))
    UNION ALL
    SELECT l.start FROM line l WHERE l.unit_id = l.start
    UNION ALL
    SELECT o.unit_id FROM concerned c JOIN touched t USING (unit_id)
    JOIN units o ON o.division_code = c.division_code AND o.division_code <> '' AND o.unit_id <> c.unit_id
     AND o.valid_from < c.valid_to AND c.valid_from < o.valid_to AND o.valid_to > day
    UNION ALL
    SELECT e.unit_id FROM unit_ends e JOIN touched t ON e.heir_id = t.unit_id
    WHERE e.ended_on >= day AND NOT EXISTS (
        SELECT FROM units u WHERE u.unit_id = e.heir_id AND u.valid_from <= e.ended_on AND e.ended_on < u.valid_to)
$$;
-- +goose StatementEnd

-- When an upload that was not completed is removed, by the scheme that held as it began.
ALTER TABLE attachments ADD COLUMN expire_time timestamptz;
UPDATE attachments SET expire_time = create_time + interval '1 day';
ALTER TABLE attachments ALTER COLUMN expire_time SET NOT NULL;
DROP INDEX attachments_open;
CREATE INDEX attachments_open ON attachments (expire_time) WHERE NOT complete;

CREATE INDEX messages_created ON messages (create_time);   -- what is old enough to be forgotten

-- +goose Down
DROP INDEX messages_created, attachments_open;
ALTER TABLE attachments DROP COLUMN expire_time;
CREATE INDEX attachments_open ON attachments (create_time) WHERE NOT complete;
DROP TRIGGER note_undo ON units;
DROP TRIGGER note_undo_update ON units;
DROP FUNCTION note_undo, changed_since, take_back, stands_on;
DROP TABLE unit_undo;
DROP INDEX unit_successions_act, unit_ends_act;
ALTER TABLE unit_successions DROP COLUMN act_key;
ALTER TABLE unit_acts DROP COLUMN unit_path, DROP COLUMN unit_ids, DROP COLUMN cancel_time, DROP COLUMN cancel_reason;

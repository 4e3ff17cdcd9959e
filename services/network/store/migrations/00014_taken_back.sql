-- +goose Up
-- What is taken back or has had its time: planned changes, messages.

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

-- The versions of a unit that reach a day or begin later, as one value.
CREATE FUNCTION reaching(unit text, day date) RETURNS jsonb
LANGUAGE sql STABLE
RETURN (SELECT coalesce(jsonb_agg(u ORDER BY u.valid_from), '[]') FROM units u WHERE u.unit_id = unit AND u.valid_to >= day);

-- What the units that a planned change touches were, from its day on; forgotten once that has come.
CREATE TABLE unit_undo (
    act_key text  NOT NULL,
    unit_id text  NOT NULL,
    before  jsonb NOT NULL,     -- versions without the change; none of a unit that it creates
    after   jsonb,              -- as the change left them; set once it is made
    PRIMARY KEY (act_key, unit_id)
);

CREATE INDEX messages_created ON messages (create_time);   -- what is old enough to be forgotten

-- +goose Down
DROP INDEX messages_created;
DROP TABLE unit_undo;
DROP FUNCTION reaching;
DROP INDEX unit_successions_act, unit_ends_act;
ALTER TABLE unit_successions DROP COLUMN act_key;
ALTER TABLE unit_acts DROP COLUMN unit_path, DROP COLUMN unit_ids, DROP COLUMN cancel_time, DROP COLUMN cancel_reason;

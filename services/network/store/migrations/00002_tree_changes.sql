-- +goose Up

-- Why the tree changed: the versions of units say what was when (ADR 016). A planned change may be cancelled before its day
-- (ADR 025).
CREATE TABLE tree_changes (
    change_key    text        PRIMARY KEY,
    act           text        NOT NULL,
    effective_on  date        NOT NULL,
    reason        text        NOT NULL,
    decide_time   timestamptz NOT NULL,
    applied       boolean     NOT NULL,             -- whether records have followed
    unit_path     ltree       NOT NULL,             -- of the unit that decided it
    unit_ids      text[]      NOT NULL,             -- units that it names
    messages      jsonb       NOT NULL,             -- what units are told of it: as it is decided, on its day, and where it is cancelled
    cancel_time   timestamptz,
    cancel_reason text        NOT NULL DEFAULT ''
);
CREATE INDEX tree_changes_due ON tree_changes (effective_on) WHERE NOT applied;

-- Units that ended, and who has their records.
CREATE TABLE unit_ends (
    unit_id      text PRIMARY KEY,
    ended_on     date NOT NULL,                     -- first day without it
    last_on      date NOT NULL,                     -- last day of its own: ended_on itself where its end was decided on it
    successor_id text NOT NULL,
    change_key   text NOT NULL
);
CREATE INDEX unit_ends_day ON unit_ends (ended_on);
CREATE INDEX unit_ends_successor ON unit_ends (successor_id);
CREATE INDEX unit_ends_change ON unit_ends (change_key);

-- What units became, by merger or split.
CREATE TABLE unit_successions (
    unit_id      text NOT NULL,
    successor_id text NOT NULL,
    change_key   text NOT NULL DEFAULT '',
    PRIMARY KEY (unit_id, successor_id)
);
CREATE INDEX unit_successions_from ON unit_successions (successor_id);
CREATE INDEX unit_successions_change ON unit_successions (change_key) WHERE change_key <> '';

-- What the units of a planned change were, from its day on; deleted once that has come.
CREATE TABLE unit_undo (
    change_key text   NOT NULL,
    unit_id    text   NOT NULL,
    seq        bigint GENERATED ALWAYS AS IDENTITY, -- in the order in which changes were decided
    before     jsonb  NOT NULL,                     -- versions without the change; none of a unit that it creates
    after      jsonb,                               -- as the change left them; set once it is made
    PRIMARY KEY (change_key, unit_id)
);

-- Versions of a unit that reach a day or begin later, with what the unit is just before the day by now in place of what it was there by
-- them, each column for as long as they keep it.
CREATE FUNCTION carried(versions jsonb, now jsonb, day date) RETURNS jsonb
LANGUAGE sql STABLE
RETURN CASE WHEN (versions -> 0 ->> 'valid_from')::date >= day OR (now -> 0 ->> 'valid_from')::date >= day THEN versions
    ELSE (SELECT coalesce(jsonb_agg(v.version || coalesce(c.changed, '{}') ORDER BY v.n), '[]')
          FROM jsonb_array_elements(versions) WITH ORDINALITY AS v(version, n), LATERAL (
              SELECT jsonb_object_agg(f.key, f.value) AS changed FROM jsonb_each(now -> 0) f
              WHERE CASE WHEN f.key IN ('valid_from', 'change_key') THEN v.n = 1
                         WHEN f.key = 'valid_to' THEN false
                         ELSE NOT EXISTS (
                             SELECT FROM jsonb_array_elements(versions) WITH ORDINALITY AS e(version, n)
                             WHERE e.n <= v.n AND e.version -> f.key <> versions -> 0 -> f.key) END) c)
    END;

-- Where subtrees went, in the order in which records follow. Texts, since no later move may change them.
CREATE TABLE moves (
    seq          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_prefix  text        NOT NULL,
    to_prefix    text        NOT NULL,
    effective_on date        NOT NULL,
    apply_time   timestamptz NOT NULL,
    ended        boolean     NOT NULL              -- whether the unit moved has ended: what it becomes acts for it
);

-- +goose StatementBegin
-- What a unit was ever below on the system line.
CREATE FUNCTION system_above(unit text) RETURNS TABLE (unit_id text)
LANGUAGE sql STABLE ROWS 5 SET search_path FROM CURRENT AS $$
    WITH RECURSIVE line AS (
        SELECT u.system_parent_id AS id FROM units u WHERE u.unit_id = unit AND u.system_parent_id <> ''
        UNION
        SELECT u.system_parent_id FROM line l JOIN units u ON u.unit_id = l.id AND u.system_parent_id <> '')
    SELECT id FROM line;
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Each of some units, and all that became it by a day: by merger or split, or because it has their records since. A unit that
-- ever stood above another, on either line, is not what the other became, though it takes it over: what it handled of the other
-- stays with it. Every reading of a tip asks this. To plan it takes far longer than to run it, so that its plan is kept.
CREATE FUNCTION predecessors(unit_ids text[], day date) RETURNS TABLE (unit_id text, predecessor_id text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY WITH RECURSIVE line AS (
        SELECT u.id AS unit_id, u.id AS predecessor_id FROM unnest(unit_ids) AS u (id)
        UNION
        SELECT l.unit_id, b.unit_id
        FROM line l
        CROSS JOIN LATERAL (SELECT s.unit_id FROM unit_successions s WHERE s.successor_id = l.predecessor_id
                            UNION SELECT h.unit_id FROM unit_ends h WHERE h.successor_id = l.predecessor_id) b
        LEFT JOIN unit_ends e ON e.unit_id = b.unit_id AND e.successor_id = l.predecessor_id
        WHERE e.unit_id IS NULL OR e.ended_on <= day AND NOT EXISTS (
            SELECT FROM units p WHERE p.unit_id = e.unit_id AND l.predecessor_id = ANY (string_to_array(p.path::text, '.'))
            UNION ALL SELECT FROM system_above(e.unit_id) a WHERE a.unit_id = l.predecessor_id)
    )
    SELECT line.unit_id, line.predecessor_id FROM line;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The units that ended on some days, and who acts for each on the last of these days: its successor, or that one's.
CREATE FUNCTION successors(since date, day date) RETURNS TABLE (unit_id text, successor_id text)
LANGUAGE sql STABLE ROWS 10 SET search_path FROM CURRENT AS $$
    WITH RECURSIVE line AS (
        SELECT e.unit_id, e.successor_id FROM unit_ends e WHERE e.ended_on BETWEEN since AND day
        UNION
        SELECT l.unit_id, e.successor_id FROM line l JOIN unit_ends e ON e.unit_id = l.successor_id AND e.ended_on <= day)
    SELECT l.unit_id, l.successor_id FROM line l
    WHERE NOT EXISTS (SELECT FROM unit_ends e WHERE e.unit_id = l.successor_id AND e.ended_on <= day)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Where the records of a unit are on a day: its own path, or its name below the path of its successor, or of that one's.
CREATE FUNCTION record_path(unit text, day date) RETURNS ltree
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE line AS (
        SELECT unit AS unit_id, ''::text AS below
        UNION ALL
        SELECT e.successor_id, '.' || l.unit_id || l.below
        FROM line l JOIN unit_ends e ON e.unit_id = l.unit_id AND e.ended_on <= day)
    SELECT (u.path::text || l.below)::ltree
    FROM line l JOIN units u ON u.unit_id = l.unit_id AND u.valid_from <= day AND day < u.valid_to
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Where in the tree what comes to a unit on a day has come: where the unit lay, on its last day too, or the unit that has its
-- records by then.
CREATE FUNCTION path_on(unit text, day date) RETURNS ltree
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        (SELECT u.path FROM units u WHERE u.unit_id = unit AND u.valid_from <= day AND day < u.valid_to),
        (WITH RECURSIVE line AS (
             SELECT unit AS unit_id, 0 AS depth
             UNION ALL
             SELECT e.successor_id, l.depth + 1 FROM line l JOIN unit_ends e ON e.unit_id = l.unit_id AND e.ended_on <= day)
         SELECT u.path FROM line l JOIN units u ON u.unit_id = l.unit_id
         LEFT JOIN unit_ends e ON e.unit_id = u.unit_id AND e.last_on = u.valid_to
         WHERE u.valid_from <= day AND (day < u.valid_to OR day = e.last_on)
         ORDER BY l.depth LIMIT 1))
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION path_on, record_path, successors, predecessors, system_above;
DROP FUNCTION carried;
DROP TABLE moves, unit_undo, unit_successions, unit_ends, tree_changes;

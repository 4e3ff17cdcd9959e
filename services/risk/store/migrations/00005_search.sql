-- +goose Up

-- Orders to search anew (J4), and the risk points that came back under one.
CREATE TABLE redos (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    due_on      date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    done_on     date        GENERATED ALWAYS AS (date_of(body ->> 'doneOn')) STORED,
    remind_on   date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX redos_due ON redos (unit_id, due_on);
CREATE INDEX redos_listed ON redos (unit_path, key);
CREATE INDEX redos_unit ON redos USING gist (unit_path);
CREATE INDEX redos_open ON redos (unit_id) WHERE state = 'REDO_STATE_ORDERED';
CREATE INDEX redos_remind ON redos (remind_on) WHERE remind_on IS NOT NULL;

ALTER TABLE risk_points ADD COLUMN redo text GENERATED ALWAYS AS (body ->> 'redo') STORED;
CREATE INDEX risk_points_redo ON risk_points (redo, unit_path, key) WHERE redo IS NOT NULL;

-- Problems that are common to units, and their study (J4).
CREATE TABLE common_problems (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX common_problems_listed ON common_problems (unit_path, key);
CREATE INDEX common_problems_unit ON common_problems USING gist (unit_path);
CREATE INDEX common_problems_seen_in ON common_problems USING gin ((body -> 'seenIn') jsonb_path_ops);

-- Whether a risk point lies with a position that has not ended, or one in force (T2).
CREATE FUNCTION has_point(name text, in_force boolean) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (SELECT FROM risk_points r
               WHERE r.position = name AND r.state <> 'REGISTER_STATE_ENDED' AND (r.version > 0 OR NOT in_force));

-- What each unit of a subtree has in the register but what has ended: the points that it found in its powers and positions, how many of
-- each term of some lists (category, grade, method, source, and the tier of the position today), and its positions without any, and
-- without any in force. What ended units found counts for the unit that acts for them.
-- +goose StatementBegin
CREATE FUNCTION searches(subtree ltree)
RETURNS TABLE (path ltree, powers bigint, positions bigint, points bigint, terms jsonb, without bigint, unapproved bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH counted AS (
        SELECT r.unit_path, t.list, t.term, count(*) AS points, 0 AS powers, 0 AS positions, 0 AS without, 0 AS unapproved
        FROM risk_points r LEFT JOIN positions p ON p.region = region_of(r.position) AND p.key = key_of(r.position)
        CROSS JOIN LATERAL (
            VALUES ('category', r.category), ('grade', r.grade), ('tier', p.tier)
            UNION ALL SELECT 'method', unnest(r.search_methods)
            UNION ALL SELECT 'source', unnest(r.search_sources)
        ) AS t (list, term)
        WHERE (r.unit_path <@ $1) IS TRUE AND in_subtree(r.unit_path, $1) AND r.state <> 'REGISTER_STATE_ENDED' AND t.term IS NOT NULL
        GROUP BY r.unit_path, t.list, t.term
        UNION ALL
        SELECT unit_path, NULL, NULL, 0, count(*), 0, 0, 0 FROM power_items
        WHERE (unit_path <@ $1) IS TRUE AND in_subtree(unit_path, $1) AND state <> 'REGISTER_STATE_ENDED'
        GROUP BY unit_path
        UNION ALL
        SELECT unit_path, NULL, NULL, 0, 0, count(*), count(*) FILTER (WHERE NOT has_point('positions/' || region || '-' || key, false)),
               count(*) FILTER (WHERE NOT has_point('positions/' || region || '-' || key, true))
        FROM positions
        WHERE (unit_path <@ $1) IS TRUE AND in_subtree(unit_path, $1) AND ended_on IS NULL
        GROUP BY unit_path
    ), acting AS (
        SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
               c.list, c.term, c.points, c.powers, c.positions, c.without, c.unapproved
        FROM counted c LEFT JOIN ended_units e ON e.unit_id = subpath(c.unit_path, -1)::text
    ), sums AS (
        SELECT a.path, a.list, a.term, sum(a.points)::bigint AS points, sum(a.powers)::bigint AS powers,
               sum(a.positions)::bigint AS positions, sum(a.without)::bigint AS without, sum(a.unapproved)::bigint AS unapproved
        FROM acting a GROUP BY a.path, a.list, a.term
    ), lists AS (
        SELECT s.path, s.list, sum(s.points)::bigint AS points, sum(s.powers)::bigint AS powers, sum(s.positions)::bigint AS positions,
               jsonb_object_agg(s.term, s.points) FILTER (WHERE s.term IS NOT NULL) AS terms,
               sum(s.without)::bigint AS without, sum(s.unapproved)::bigint AS unapproved
        FROM sums s GROUP BY s.path, s.list
    )
    SELECT l.path, sum(l.powers)::bigint, sum(l.positions)::bigint, coalesce(max(l.points) FILTER (WHERE l.list = 'category'), 0),
           coalesce(jsonb_object_agg(l.list, l.terms) FILTER (WHERE l.list IS NOT NULL), '{}'),
           sum(l.without)::bigint, sum(l.unapproved)::bigint
    FROM lists l
    GROUP BY l.path
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION searches, has_point;
DROP TABLE common_problems;
ALTER TABLE risk_points DROP COLUMN redo;
DROP TABLE redos;

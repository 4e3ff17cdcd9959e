-- +goose Up

-- Campaigns (J5, T21).
CREATE TABLE campaigns (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    kind        text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    remind_on   date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX campaigns_listed ON campaigns (unit_path, key);
CREATE INDEX campaigns_unit ON campaigns USING gist (unit_path);
CREATE INDEX campaigns_kind ON campaigns (kind, unit_path, key);
CREATE INDEX campaigns_running ON campaigns (region, key) WHERE state = 'CAMPAIGN_STATE_RUNNING';
CREATE INDEX campaigns_remind ON campaigns (remind_on) WHERE remind_on IS NOT NULL;

-- Who takes part, a row a unit and stage. What a unit has done is counted while the stage is open, and stands here, by the measures
-- of the stage in their order, once that is closed.
CREATE TABLE campaign_units (
    region        text     NOT NULL, -- of the campaign
    key           text     NOT NULL,
    stage         text     NOT NULL,
    unit_id       text     NOT NULL,
    unit_path     ltree    NOT NULL,
    joined_on     date     NOT NULL,
    left_on       date,
    waiver_reason text     NOT NULL DEFAULT '',
    waived_by     text     NOT NULL DEFAULT '',
    waived_on     date,
    done          bigint[],
    missing       bigint[],
    PRIMARY KEY (region, key, stage, unit_id)
);
CREATE INDEX campaign_units_listed ON campaign_units (region, key, stage, unit_path);
CREATE INDEX campaign_units_unit ON campaign_units USING gist (unit_path);

-- Reports of the network that were sent and not sent back, of which risk hears from its journal.
CREATE TABLE reports_sent (
    unit_id  text NOT NULL,
    schedule text NOT NULL,
    period   text NOT NULL,
    sent_on  date NOT NULL,
    PRIMARY KEY (unit_id, schedule, period)
);
CREATE INDEX reports_sent_counted ON reports_sent (schedule, sent_on, unit_id);

-- What is counted is read from these indexes alone, a subtree being a run of paths.
ALTER TABLE power_items ADD COLUMN version integer NOT NULL
    GENERATED ALWAYS AS (coalesce((body #> '{standing,version}')::integer, 0)) STORED;
CREATE INDEX power_items_progress ON power_items (unit_path, state, version) INCLUDE (region, key) WHERE state <> 'REGISTER_STATE_ENDED';
CREATE INDEX risk_points_progress ON risk_points (unit_path, state, version) INCLUDE (region, key) WHERE state <> 'REGISTER_STATE_ENDED';
CREATE INDEX controls_progress ON controls (unit_path, state, risk_point);
CREATE INDEX commitments_progress ON commitments (unit_path, state);

-- Entries in what is or was public, as far as it can hold those of a subtree.
CREATE FUNCTION published_entries(register text, subtree ltree) RETURNS TABLE (region text, key text)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_nestloop = on AS $$
    SELECT DISTINCT e.entry_region, e.entry_key
    FROM publications p JOIN publication_entries e ON e.region = p.region AND e.key = p.key
    WHERE (p.unit_path <@ $2 OR p.unit_path @> $2) AND p.body ->> 'register' = $1
      AND p.state IN ('PUBLICATION_STATE_PUBLICISED', 'PUBLICATION_STATE_ENDED')
$$;

-- The planner takes an unknown subtree for a small one, and would go through all of one side for each row of the other: nested loops
-- are for entries alone.

-- The risk points of units of a subtree, all in one reading: those found, those handed in that were never in force, and of those in
-- force the ones that are public and that have a control, as far as these are asked for.
CREATE FUNCTION campaign_points(subtree ltree, with_public boolean, with_controls boolean)
RETURNS TABLE (path ltree, found bigint, pending bigint, in_force bigint, public bigint, controlled bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_nestloop = off SET work_mem = '32MB' AS $$
    SELECT p.unit_path, count(*) FILTER (WHERE p.version > 0 OR p.state <> 'REGISTER_STATE_DRAFT'),
           count(*) FILTER (WHERE p.version = 0 AND p.state <> 'REGISTER_STATE_DRAFT'), count(*) FILTER (WHERE p.version > 0),
           count(e.key) FILTER (WHERE p.version > 0), count(c.risk_point) FILTER (WHERE p.version > 0)
    FROM risk_points p
    LEFT JOIN (SELECT * FROM published_entries('REGISTER_KIND_RISK_POINTS', $1) WHERE $2) e ON e.key = p.key AND e.region = p.region
    LEFT JOIN (
        SELECT risk_point FROM controls
        WHERE (unit_path <@ $1) IS TRUE AND in_subtree(unit_path, $1) AND state <> 'CONTROL_STATE_CANCELLED' AND $3
        GROUP BY risk_point
    ) c ON c.risk_point = 'riskPoints/' || p.region || '-' || p.key
    WHERE (p.unit_path <@ $1) IS TRUE AND in_subtree(p.unit_path, $1) AND p.state <> 'REGISTER_STATE_ENDED'
    GROUP BY p.unit_path
$$;

-- What units of a subtree have done of anything else, and what they have left open, by what a measure counts (CampaignCount).
-- +goose StatementBegin
CREATE FUNCTION campaign_count(counted text, of_schedule text, since date, subtree ltree)
RETURNS TABLE (path ltree, done bigint, open bigint) LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT SET enable_nestloop = off AS $$
BEGIN
    CASE counted
    WHEN 'CAMPAIGN_COUNT_POWERS_CLEARED' THEN RETURN QUERY
        SELECT unit_path, count(*) FILTER (WHERE version > 0), count(*) FILTER (WHERE version = 0 AND state <> 'REGISTER_STATE_DRAFT')
        FROM power_items
        WHERE (unit_path <@ subtree) IS TRUE AND in_subtree(unit_path, subtree) AND state <> 'REGISTER_STATE_ENDED'
        GROUP BY unit_path;
    WHEN 'CAMPAIGN_COUNT_POWERS_PUBLISHED' THEN RETURN QUERY
        SELECT p.unit_path, count(e.key), count(*) - count(e.key)
        FROM power_items p LEFT JOIN published_entries('REGISTER_KIND_POWER_ITEMS', subtree) e ON e.region = p.region AND e.key = p.key
        WHERE (p.unit_path <@ subtree) IS TRUE AND in_subtree(p.unit_path, subtree) AND p.version > 0
          AND p.state <> 'REGISTER_STATE_ENDED'
        GROUP BY p.unit_path;
    WHEN 'CAMPAIGN_COUNT_CONTROLS_DONE' THEN RETURN QUERY
        SELECT unit_path, count(*) FILTER (WHERE state IN ('CONTROL_STATE_DONE', 'CONTROL_STATE_EFFECTIVE')),
               count(*) FILTER (WHERE state IN ('CONTROL_STATE_PLANNED', 'CONTROL_STATE_RETURNED'))
        FROM controls
        WHERE (unit_path <@ subtree) IS TRUE AND in_subtree(unit_path, subtree) AND risk_point IS NOT NULL
        GROUP BY unit_path;
    WHEN 'CAMPAIGN_COUNT_COMMITMENTS_SIGNED' THEN RETURN QUERY
        SELECT unit_path, count(*) FILTER (WHERE state = 'COMMITMENT_STATE_SIGNED'), count(*) FILTER (WHERE state = 'COMMITMENT_STATE_OPEN')
        FROM commitments
        WHERE (unit_path <@ subtree) IS TRUE AND in_subtree(unit_path, subtree)
        GROUP BY unit_path;
    WHEN 'CAMPAIGN_COUNT_REPORTS_SENT' THEN RETURN QUERY
        SELECT coalesce(e.path, r.unit_id::ltree), r.sent, 0::bigint
        FROM (
            SELECT unit_id, count(*) AS sent FROM reports_sent WHERE schedule = of_schedule AND sent_on >= since GROUP BY unit_id
        ) r LEFT JOIN ended_units e ON e.unit_id = r.unit_id;
    ELSE -- of risk points, which campaign_points reads
    END CASE;
END
$$;
-- +goose StatementEnd

-- How far the units of a subtree have come in a stage by its measures, in their order: as it was kept where the stage is closed.
-- What ended units have counts for the unit that acts for them.
CREATE FUNCTION campaign_progress(
    of_region text, of_key text, of_stage text, subtree ltree, since date,
    counted text[], schedules text[], minimums bigint[], completes boolean[]
) RETURNS TABLE (
    unit_id text, unit_path ltree, joined_on date, waiver_reason text, waived_by text, waived_on date,
    done bigint[], missing bigint[], missing_count bigint
) LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_nestloop = off AS $$
    WITH measures AS (
        SELECT * FROM unnest($6, $7, $8, $9) WITH ORDINALITY AS m (counted, schedule, minimum, complete, n)
    ), points AS MATERIALIZED (
        SELECT * FROM campaign_points($4, 'CAMPAIGN_COUNT_POINTS_PUBLISHED' = ANY ($6), 'CAMPAIGN_COUNT_CONTROLS_SET' = ANY ($6))
        WHERE $6 && '{CAMPAIGN_COUNT_POINTS_FOUND,CAMPAIGN_COUNT_POINTS_REVIEWED,CAMPAIGN_COUNT_POINTS_PUBLISHED,CAMPAIGN_COUNT_CONTROLS_SET}'
    ), counts AS (
        SELECT m.n, c.path, c.done, c.open FROM measures m CROSS JOIN LATERAL campaign_count(m.counted, m.schedule, $5, $4) c
        UNION ALL
        SELECT m.n, p.path,
               CASE m.counted WHEN 'CAMPAIGN_COUNT_POINTS_FOUND' THEN p.found WHEN 'CAMPAIGN_COUNT_POINTS_REVIEWED' THEN p.in_force
                              WHEN 'CAMPAIGN_COUNT_POINTS_PUBLISHED' THEN p.public ELSE p.controlled END,
               CASE m.counted WHEN 'CAMPAIGN_COUNT_POINTS_FOUND' THEN 0 WHEN 'CAMPAIGN_COUNT_POINTS_REVIEWED' THEN p.pending
                              WHEN 'CAMPAIGN_COUNT_POINTS_PUBLISHED' THEN p.in_force - p.public ELSE p.in_force - p.controlled END
        FROM points p CROSS JOIN measures m
        WHERE m.counted LIKE 'CAMPAIGN_COUNT_POINTS_%' OR m.counted = 'CAMPAIGN_COUNT_CONTROLS_SET'
    ), acting AS MATERIALIZED (
        SELECT c.n, subpath(CASE WHEN e.unit_id IS NULL THEN c.path ELSE acting_path(c.path) END, -1)::text AS unit_id,
               sum(c.done)::bigint AS done, sum(c.open)::bigint AS open
        FROM counts c LEFT JOIN ended_units e ON e.unit_id = subpath(c.path, -1)::text
        GROUP BY 1, 2
    ), units AS (
        SELECT u.* FROM campaign_units u
        WHERE u.region = $1 AND u.key = $2 AND u.stage = $3 AND u.left_on IS NULL
          AND (u.unit_path <@ $4) IS TRUE AND in_subtree(u.unit_path, $4)
    ), counted AS (
        SELECT u.unit_id, array_agg(coalesce(a.done, 0) ORDER BY m.n) AS done,
               array_agg(greatest(m.minimum - coalesce(a.done, 0), CASE WHEN m.complete THEN coalesce(a.open, 0) ELSE 0 END, 0) ORDER BY m.n)
                   AS missing
        FROM units u CROSS JOIN measures m LEFT JOIN acting a ON a.unit_id = u.unit_id AND a.n = m.n
        WHERE u.done IS NULL
        GROUP BY u.unit_id
    )
    SELECT u.unit_id, u.unit_path, u.joined_on, u.waiver_reason, u.waived_by, u.waived_on, n.done, n.missing,
           (SELECT count(*) FROM unnest(n.missing) AS m WHERE m > 0)
    FROM units u LEFT JOIN counted c ON c.unit_id = u.unit_id
    CROSS JOIN LATERAL (SELECT coalesce(u.done, c.done, '{}') AS done, coalesce(u.missing, c.missing, '{}') AS missing) n
$$;

-- +goose Down
DROP FUNCTION campaign_progress, campaign_count, campaign_points, published_entries;
DROP INDEX commitments_progress, controls_progress, risk_points_progress, power_items_progress;
ALTER TABLE power_items DROP COLUMN version;
DROP TABLE reports_sent, campaign_units, campaigns;

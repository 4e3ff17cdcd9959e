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
    office      text        GENERATED ALWAYS AS (body ->> 'office') STORED,
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
    kind          text     NOT NULL, -- as the unit joined
    joined_on     date     NOT NULL,
    left_on       date,
    waiver_reason text     NOT NULL DEFAULT '',
    waived_by     text     NOT NULL DEFAULT '',
    waived_on     date,
    work          text     NOT NULL DEFAULT '', -- what the unit says it did
    worked_on     date,
    done          bigint[],
    missing       bigint[],
    PRIMARY KEY (region, key, stage, unit_id)
);
CREATE INDEX campaign_units_listed ON campaign_units (region, key, stage, unit_path);
CREATE INDEX campaign_units_unit ON campaign_units USING gist (unit_path);

-- Reports that the network has opened, of which risk hears from its journal, with the days of their periods: whether they were sent and
-- not sent back, or need not be sent.
CREATE TABLE reports_opened (
    unit_id   text    NOT NULL,
    schedule  text    NOT NULL,
    period    text    NOT NULL,
    first_day date    NOT NULL,
    last_day  date    NOT NULL,
    sent      boolean NOT NULL DEFAULT false,
    exempted  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (unit_id, schedule, period)
);

-- The periods whose reports the network has opened, with their days and the day on which it opened the first of them.
CREATE TABLE opened_periods (
    schedule  text NOT NULL,
    period    text NOT NULL,
    first_day date NOT NULL,
    last_day  date NOT NULL,
    opened_on date NOT NULL,
    PRIMARY KEY (schedule, period)
);

-- What units have in the register, by what a measure counts (CampaignCount) and, for commitments, by year; 0 where there is none.
CREATE TABLE register_counts (
    unit_id text    NOT NULL,
    counted text    NOT NULL,
    year    integer NOT NULL,
    done    bigint  NOT NULL,
    open    bigint  NOT NULL,
    PRIMARY KEY (unit_id, counted, year) INCLUDE (done, open)
);

-- Units that have changed something in the register since they were counted. Rows are only added, so that no change waits for another.
CREATE TABLE uncounted_units (
    unit_id text NOT NULL
) WITH (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX uncounted_units_unit ON uncounted_units (unit_id);

ALTER TABLE power_items ADD COLUMN version integer NOT NULL
    GENERATED ALWAYS AS (coalesce((body #> '{standing,version}')::integer, 0)) STORED;
CREATE INDEX power_items_counted ON power_items (unit_id, state, version) INCLUDE (region, key);
CREATE INDEX risk_points_counted ON risk_points (unit_id, state, version) INCLUDE (region, key);
CREATE INDEX controls_counted ON controls (unit_id, state) INCLUDE (risk_point);
CREATE INDEX commitments_counted ON commitments (unit_id, year) INCLUDE (signed_on, lapsed_on);
CREATE INDEX publication_entries_entry ON publication_entries (entry_region, entry_key, version);

-- Versions of schemes in force by which units were counted, as they were stored: another one may ask for other controls.
CREATE TABLE schemes_counted (
    scheme_id      text        NOT NULL,
    effective_from date        NOT NULL,
    store_time     timestamptz NOT NULL,
    PRIMARY KEY (scheme_id, effective_from, store_time)
);

-- What the scheme of a day asks of the controls in a unit whose records have a path.
CREATE FUNCTION controls_asked(path ltree, day date) RETURNS jsonb
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT jsonb_build_object('grades', coalesce(s.body -> 'grades', '[]'), 'forms', coalesce(s.body -> 'controlForms', '[]'))
    FROM string_to_array(acting_path($1)::text, '.') AS u (ids) JOIN schemes s ON s.unit_id = ANY (u.ids) AND s.effective_from <= $2
    ORDER BY array_position(u.ids, s.unit_id) DESC, s.effective_from DESC, s.scheme_id
    LIMIT 1
$$;

-- What a risk point of a grade and a stage lacks that has controls of some forms: the one definition, empty where it lacks nothing.
CREATE FUNCTION control_gap(asked jsonb, grade text, stage text, forms text[])
RETURNS TABLE (missing_forms text[], missing_count integer, stage_forms text[]) LANGUAGE sql IMMUTABLE ROWS 1 AS $$
    SELECT ARRAY(SELECT f FROM jsonb_array_elements_text(g.grade -> 'requiredControlForms') AS f WHERE f <> ALL ($4)),
           greatest(coalesce((g.grade -> 'minControlForms')::integer, 0) - cardinality($4), 0),
           CASE WHEN s.forms && $4 THEN '{}' ELSE s.forms END
    FROM (SELECT (SELECT g FROM jsonb_array_elements($1 -> 'grades') AS g WHERE g ->> 'id' = $2 LIMIT 1) AS grade) g,
         (SELECT ARRAY(SELECT f ->> 'id' FROM jsonb_array_elements($1 -> 'forms') AS f WHERE f -> 'stages' ? $3) AS forms) s
$$;

-- Whether a scheme has no such grade.
CREATE FUNCTION grade_dropped(asked jsonb, grade text) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN NOT coalesce($1 -> 'grades' @> jsonb_build_array(jsonb_build_object('id', $2)), true);

-- Whether it lacks anything: one of a grade that the scheme has dropped lacks what nothing tells yet.
CREATE FUNCTION lacks_controls(asked jsonb, grade text, stage text, forms text[]) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN grade_dropped($1, $2)
    OR (SELECT missing_forms <> '{}' OR missing_count > 0 OR stage_forms <> '{}' FROM control_gap($1, $2, $3, $4));

-- What units have in the register on a day: the one definition. Public is an entry whose version in force is. What came back under a redo,
-- or with its power, is not reviewed until it is in force anew, and while a redo is not done one point is open at least. Each unit is counted by
-- itself, and what stands in publications found from the entry, by indexes alone: before the first statistics the planner would go
-- through all publications for each entry.
CREATE FUNCTION count_register(unit_ids text[], day date) RETURNS SETOF register_counts
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_nestloop = on SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    SELECT u.unit_id, c.counted, c.year, c.done, c.open
    FROM unnest($1) AS u (unit_id), LATERAL (
        SELECT v.counted, 0 AS year, v.done, v.open
        FROM (
            SELECT count(*) FILTER (WHERE version > 0) AS in_force, count(*) FILTER (WHERE version > 0 AND public) AS public,
                   count(*) FILTER (WHERE version = 0 AND state <> 'REGISTER_STATE_DRAFT') AS pending
            FROM (
                SELECT version, state, EXISTS (
                    SELECT FROM (
                        SELECT region, key FROM publication_entries
                        WHERE entry_region = p.region AND entry_key = p.key AND version = p.version OFFSET 0
                    ) e JOIN publications b USING (region, key)
                    WHERE b.body ->> 'register' = 'REGISTER_KIND_POWER_ITEMS'
                      AND b.state IN ('PUBLICATION_STATE_PUBLICISED', 'PUBLICATION_STATE_ENDED')
                ) AS public
                FROM power_items p WHERE p.unit_id = u.unit_id AND p.state <> 'REGISTER_STATE_ENDED'
            ) p
        ) p, LATERAL (VALUES
            ('CAMPAIGN_COUNT_POWERS_CLEARED', in_force, pending), ('CAMPAIGN_COUNT_POWERS_PUBLISHED', public, in_force - public)
        ) AS v (counted, done, open)
        UNION ALL
        SELECT v.counted, 0, v.done, v.open
        FROM (
            SELECT count(*) FILTER (WHERE version > 0) AS in_force, count(*) FILTER (WHERE version > 0 AND public) AS public,
                   count(*) FILTER (WHERE version > 0 AND controlled) AS controlled,
                   count(*) FILTER (WHERE version > 0 AND (redo IS NOT NULL OR transferred)) AS anew,
                   count(*) FILTER (WHERE version = 0 AND state <> 'REGISTER_STATE_DRAFT') AS pending,
                   EXISTS (SELECT FROM redos r WHERE r.unit_id = u.unit_id AND r.state = 'REDO_STATE_ORDERED')::integer AS redos
            FROM (
                SELECT p.version, p.state, p.redo, p.body ? 'transferredFrom' AS transferred, EXISTS (
                    SELECT FROM (
                        SELECT region, key FROM publication_entries
                        WHERE entry_region = p.region AND entry_key = p.key AND version = p.version OFFSET 0
                    ) e JOIN publications b USING (region, key)
                    WHERE b.body ->> 'register' = 'REGISTER_KIND_RISK_POINTS'
                      AND b.state IN ('PUBLICATION_STATE_PUBLICISED', 'PUBLICATION_STATE_ENDED')
                ) AS public, NOT lacks_controls(a.asked, v.grade, v.body ->> 'controlStage', ARRAY(
                    SELECT DISTINCT c.form FROM controls c
                    WHERE c.risk_point = 'riskPoints/' || p.region || '-' || p.key AND NOT c.given_up
                )) AS controlled
                FROM (
                    SELECT controls_asked((SELECT unit_path FROM risk_points WHERE unit_id = u.unit_id LIMIT 1), $2) AS asked OFFSET 0
                ) a CROSS JOIN risk_points p LEFT JOIN risk_point_versions v USING (region, key, version)
                WHERE p.unit_id = u.unit_id AND p.state <> 'REGISTER_STATE_ENDED'
            ) p
        ) p, LATERAL (VALUES
            ('CAMPAIGN_COUNT_POINTS_FOUND', in_force + pending, 0),
            ('CAMPAIGN_COUNT_POINTS_REVIEWED', in_force - anew, greatest(pending + anew, redos)),
            ('CAMPAIGN_COUNT_POINTS_PUBLISHED', public, in_force - public),
            ('CAMPAIGN_COUNT_CONTROLS_SET', controlled, in_force - controlled)
        ) AS v (counted, done, open)
        UNION ALL
        SELECT 'CAMPAIGN_COUNT_CONTROLS_DONE', 0, count(*) FILTER (WHERE state IN ('CONTROL_STATE_DONE', 'CONTROL_STATE_EFFECTIVE')),
               count(*) FILTER (WHERE state IN ('CONTROL_STATE_PLANNED', 'CONTROL_STATE_RETURNED'))
        FROM controls WHERE unit_id = u.unit_id AND risk_point IS NOT NULL
        UNION ALL
        SELECT 'CAMPAIGN_COUNT_COMMITMENTS_SIGNED', year, count(signed_on), count(*) FILTER (WHERE signed_on IS NULL)
        FROM commitments WHERE unit_id = u.unit_id AND lasted(year, lapsed_on) GROUP BY year
    ) AS c
$$;

-- Whatever changes what count_register counts of a unit notes the unit.

-- +goose StatementBegin
CREATE FUNCTION note_uncounted() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO uncounted_units SELECT DISTINCT u FROM unnest(ARRAY[OLD.unit_id, NEW.unit_id]) AS u WHERE u IS NOT NULL;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- A control may be of another unit than its risk point.
-- +goose StatementBegin
CREATE FUNCTION note_uncounted_points() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO uncounted_units SELECT unit_id FROM risk_points
    WHERE region = region_of(NEW.risk_point) AND key = key_of(NEW.risk_point) AND unit_id <> NEW.unit_id;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION note_uncounted_entries() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO uncounted_units
    SELECT p.unit_id FROM publication_entries e JOIN power_items p ON p.region = e.entry_region AND p.key = e.entry_key
    WHERE e.region = NEW.region AND e.key = NEW.key
    UNION
    SELECT p.unit_id FROM publication_entries e JOIN risk_points p ON p.region = e.entry_region AND p.key = e.entry_key
    WHERE e.region = NEW.region AND e.key = NEW.key;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER power_items_added AFTER INSERT ON power_items FOR EACH ROW EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER power_items_changed AFTER UPDATE ON power_items FOR EACH ROW
    WHEN ((OLD.unit_id, OLD.state, OLD.version) IS DISTINCT FROM (NEW.unit_id, NEW.state, NEW.version))
    EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER risk_points_added AFTER INSERT ON risk_points FOR EACH ROW EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER risk_points_changed AFTER UPDATE ON risk_points FOR EACH ROW
    WHEN ((OLD.unit_path, OLD.unit_id, OLD.state, OLD.version, OLD.redo)
          IS DISTINCT FROM (NEW.unit_path, NEW.unit_id, NEW.state, NEW.version, NEW.redo))
    EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER redos_added AFTER INSERT ON redos FOR EACH ROW EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER redos_changed AFTER UPDATE ON redos FOR EACH ROW
    WHEN ((OLD.unit_id, OLD.state) IS DISTINCT FROM (NEW.unit_id, NEW.state)) EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER commitments_added AFTER INSERT ON commitments FOR EACH ROW EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER commitments_changed AFTER UPDATE ON commitments FOR EACH ROW
    WHEN ((OLD.unit_id, OLD.state) IS DISTINCT FROM (NEW.unit_id, NEW.state)) EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER controls_added AFTER INSERT ON controls FOR EACH ROW EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER controls_changed AFTER UPDATE ON controls FOR EACH ROW
    WHEN ((OLD.unit_id, OLD.state) IS DISTINCT FROM (NEW.unit_id, NEW.state)) EXECUTE FUNCTION note_uncounted();
CREATE TRIGGER controls_added_point AFTER INSERT ON controls FOR EACH ROW EXECUTE FUNCTION note_uncounted_points();
CREATE TRIGGER controls_changed_point AFTER UPDATE ON controls FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION note_uncounted_points();
CREATE TRIGGER publications_changed AFTER UPDATE ON publications FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION note_uncounted_entries();

-- +goose Down
DROP TRIGGER publications_changed ON publications;
DROP TRIGGER controls_changed_point ON controls;
DROP TRIGGER controls_added_point ON controls;
DROP TRIGGER controls_changed ON controls;
DROP TRIGGER controls_added ON controls;
DROP TRIGGER commitments_changed ON commitments;
DROP TRIGGER commitments_added ON commitments;
DROP TRIGGER redos_changed ON redos;
DROP TRIGGER redos_added ON redos;
DROP TRIGGER risk_points_changed ON risk_points;
DROP TRIGGER risk_points_added ON risk_points;
DROP TRIGGER power_items_changed ON power_items;
DROP TRIGGER power_items_added ON power_items;
DROP FUNCTION note_uncounted_entries, note_uncounted_points, note_uncounted, count_register, lacks_controls, grade_dropped, control_gap, controls_asked;
DROP INDEX publication_entries_entry, commitments_counted, controls_counted, risk_points_counted, power_items_counted;
ALTER TABLE power_items DROP COLUMN version;
DROP TABLE schemes_counted, uncounted_units, register_counts, opened_periods, reports_opened, campaign_units, campaigns;

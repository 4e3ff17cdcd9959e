-- +goose Up

-- The strings of a list, each once; none where there is no list.
CREATE FUNCTION strings_of(list jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT s FROM jsonb_array_elements_text(coalesce(list, '[]')) AS s ORDER BY s);

-- Risk points, as they are written (J2–J4).
CREATE TABLE risk_points (
    region         text        NOT NULL,
    key            text        NOT NULL,
    unit_path      ltree       NOT NULL,
    create_time    timestamptz NOT NULL,
    revision       bigint      NOT NULL DEFAULT 1,
    body           jsonb       NOT NULL,
    unit_id        text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    grade          text        NOT NULL GENERATED ALWAYS AS (body ->> 'grade') STORED,
    category       text        NOT NULL GENERATED ALWAYS AS (body ->> 'category') STORED,
    state          text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    power_item     text        GENERATED ALWAYS AS (body ->> 'powerItem') STORED,
    position       text        GENERATED ALWAYS AS (body ->> 'position') STORED,
    owner_position text        GENERATED ALWAYS AS (body ->> 'ownerPosition') STORED,
    version        integer     NOT NULL GENERATED ALWAYS AS (coalesce((body #> '{standing,version}')::integer, 0)) STORED,
    return_count   integer     NOT NULL GENERATED ALWAYS AS (coalesce((body -> 'returnCount')::integer, 0)) STORED,
    search_methods text[]      NOT NULL GENERATED ALWAYS AS (strings_of(body -> 'searchMethods')) STORED,
    search_sources text[]      NOT NULL GENERATED ALWAYS AS (strings_of(jsonb_path_query_array(body, '$.searchSources[*].source'))) STORED,
    PRIMARY KEY (region, key)
);
-- A subtree is a run of paths. Each filter has an index that holds the run in the order of the list, so that a page is read
-- without sorting and without what it does not show.
CREATE INDEX risk_points_listed ON risk_points (unit_path, key);
CREATE INDEX risk_points_unit ON risk_points USING gist (unit_path);
CREATE INDEX risk_points_grade ON risk_points (grade, unit_path, key);
CREATE INDEX risk_points_category ON risk_points (category, grade, unit_path, key);
CREATE INDEX risk_points_pending ON risk_points (state, unit_path, key) WHERE state <> 'REGISTER_STATE_IN_FORCE';
CREATE INDEX risk_points_registered ON risk_points (unit_id, create_time);
CREATE INDEX risk_points_power_item ON risk_points (power_item, unit_path, key) WHERE power_item IS NOT NULL;
CREATE INDEX risk_points_position ON risk_points (position, unit_path, key) WHERE position IS NOT NULL;
CREATE INDEX risk_points_owner ON risk_points (owner_position, unit_path, key) WHERE owner_position IS NOT NULL;
-- A risk point may have been found in several ways: what is rare is found by these, and sorted; what is common, in the list's order.
CREATE INDEX risk_points_search_methods ON risk_points USING gin (search_methods);
CREATE INDEX risk_points_search_sources ON risk_points USING gin (search_sources);

-- Versions that were approved, as of power items: their grades are the grade catalogue of any day (T3).
CREATE TABLE risk_point_versions (
    region         text        NOT NULL,
    key            text        NOT NULL,
    version        integer     NOT NULL,
    unit_path      ltree       NOT NULL,
    create_time    timestamptz NOT NULL,                    -- of the risk point
    revision       bigint      NOT NULL,
    body           jsonb       NOT NULL,
    effective_on   date        NOT NULL,
    replaced_on    date        NOT NULL DEFAULT 'infinity', -- first day without it
    grade          text        NOT NULL GENERATED ALWAYS AS (body ->> 'grade') STORED,
    category       text        NOT NULL GENERATED ALWAYS AS (body ->> 'category') STORED,
    state          text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    power_item     text        GENERATED ALWAYS AS (body ->> 'powerItem') STORED,
    position       text        GENERATED ALWAYS AS (body ->> 'position') STORED,
    owner_position text        GENERATED ALWAYS AS (body ->> 'ownerPosition') STORED,
    search_methods text[]      NOT NULL GENERATED ALWAYS AS (strings_of(body -> 'searchMethods')) STORED,
    search_sources text[]      NOT NULL GENERATED ALWAYS AS (strings_of(jsonb_path_query_array(body, '$.searchSources[*].source'))) STORED,
    PRIMARY KEY (region, key, version)
);
CREATE INDEX risk_point_versions_listed ON risk_point_versions (unit_path, key, effective_on, replaced_on);
CREATE INDEX risk_point_versions_unit ON risk_point_versions USING gist (unit_path);
CREATE INDEX risk_point_versions_grade ON risk_point_versions (grade, unit_path, key, effective_on, replaced_on);
CREATE INDEX risk_point_versions_power_item ON risk_point_versions (power_item, replaced_on) WHERE power_item IS NOT NULL;
CREATE INDEX risk_point_versions_position ON risk_point_versions (position, replaced_on) WHERE position IS NOT NULL;
CREATE INDEX risk_point_versions_owner ON risk_point_versions (owner_position, replaced_on) WHERE owner_position IS NOT NULL;
CREATE INDEX risk_point_versions_search_methods ON risk_point_versions USING gin (search_methods);
CREATE INDEX risk_point_versions_search_sources ON risk_point_versions USING gin (search_sources);

-- +goose Down
DROP TABLE risk_point_versions, risk_points;
DROP FUNCTION strings_of;

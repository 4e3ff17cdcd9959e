-- +goose Up

-- Columns that repeat the body are generated from it; a resource adds only those that it searches or counts by.
CREATE TABLE positions (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    PRIMARY KEY (region, key)
);
CREATE INDEX positions_listed ON positions (unit_path, key);
CREATE INDEX positions_unit ON positions USING gist (unit_path);

CREATE TABLE power_items (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    PRIMARY KEY (region, key)
);
CREATE INDEX power_items_listed ON power_items (unit_path, key);
CREATE INDEX power_items_unit ON power_items USING gist (unit_path);

CREATE TABLE risk_points (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    grade       text        NOT NULL GENERATED ALWAYS AS (body ->> 'grade') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    returns     int         NOT NULL GENERATED ALWAYS AS (coalesce(jsonb_array_length(body -> 'returns'), 0)) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX risk_points_listed ON risk_points (unit_path, key);
CREATE INDEX risk_points_unit ON risk_points USING gist (unit_path);
CREATE INDEX risk_points_registered ON risk_points (unit_id, create_time);

-- +goose Down
DROP TABLE risk_points, power_items, positions;

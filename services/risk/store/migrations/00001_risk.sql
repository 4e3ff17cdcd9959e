-- +goose Up

CREATE TABLE power_items (
    region      text        NOT NULL,
    item_key    text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    body        jsonb       NOT NULL,
    PRIMARY KEY (region, item_key)
);
CREATE INDEX power_items_listed ON power_items (unit_path, item_key);
CREATE INDEX power_items_unit ON power_items USING gist (unit_path);

CREATE TABLE risk_points (
    region      text        NOT NULL,
    point_key   text        NOT NULL,
    unit_id     text        NOT NULL,
    unit_path   ltree       NOT NULL,
    grade       text        NOT NULL,
    state       smallint    NOT NULL,
    returns     int         NOT NULL DEFAULT 0,   -- how often it was sent back
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    PRIMARY KEY (region, point_key)
);
CREATE INDEX risk_points_listed ON risk_points (unit_path, point_key);
CREATE INDEX risk_points_unit ON risk_points USING gist (unit_path);
CREATE INDEX risk_points_registered ON risk_points (unit_id, create_time);

-- +goose Down
DROP TABLE risk_points, power_items;

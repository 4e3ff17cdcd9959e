-- +goose Up

-- Public powers that units hold (J1).
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

-- +goose Down
DROP TABLE power_items;

-- +goose Up

-- Public powers that units hold, as they are written (J1).
CREATE TABLE power_items (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    kind        text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX power_items_listed ON power_items (unit_path, key);
CREATE INDEX power_items_unit ON power_items USING gist (unit_path);
CREATE INDEX power_items_kind ON power_items (kind, unit_path, key);
CREATE INDEX power_items_pending ON power_items (state, unit_path, key) WHERE state <> 'REGISTER_STATE_IN_FORCE';
CREATE INDEX power_items_positions ON power_items USING gin ((body -> 'positions') jsonb_path_ops);

-- Versions that were approved, with the days on which they are in force (T12). Only replaced_on ever changes, once; and the
-- paths, which follow the tree. A version that was replaced on its own first day was in force on none. The days end the key of
-- the list, so that a page as of a day reads only rows that it shows.
CREATE TABLE power_item_versions (
    region       text        NOT NULL,
    key          text        NOT NULL,
    version      integer     NOT NULL,
    unit_path    ltree       NOT NULL,
    create_time  timestamptz NOT NULL,                    -- of the power item
    revision     bigint      NOT NULL,
    body         jsonb       NOT NULL,
    effective_on date        NOT NULL,
    replaced_on  date        NOT NULL DEFAULT 'infinity', -- first day without it
    kind         text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state        text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    PRIMARY KEY (region, key, version)
);
CREATE INDEX power_item_versions_listed ON power_item_versions (unit_path, key, effective_on, replaced_on);
CREATE INDEX power_item_versions_unit ON power_item_versions USING gist (unit_path);
CREATE INDEX power_item_versions_positions ON power_item_versions USING gin ((body -> 'positions') jsonb_path_ops);

-- +goose Down
DROP TABLE power_item_versions, power_items;

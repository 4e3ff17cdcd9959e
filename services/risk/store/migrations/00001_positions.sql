-- +goose Up

-- Positions (岗位). Columns that repeat a body are generated from it; a resource adds only those that it searches or counts by.
CREATE TABLE positions (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    rank        text        GENERATED ALWAYS AS (body ->> 'rank') STORED,
    tier        text        GENERATED ALWAYS AS (body ->> 'tier') STORED,
    state       text        GENERATED ALWAYS AS (body ->> 'state') STORED,
    ended_on    text        GENERATED ALWAYS AS (body ->> 'endedOn') STORED,
    name        text        GENERATED ALWAYS AS (body ->> 'name') STORED, -- by which risk points lie with it
    PRIMARY KEY (region, key)
);
CREATE INDEX positions_listed ON positions (unit_path, key);
CREATE INDEX positions_unit ON positions USING gist (unit_path);
-- Both ways: whose tier is one of some, and whether a position's is.
CREATE INDEX positions_tier ON positions (tier, name) WHERE tier IS NOT NULL;
CREATE INDEX positions_rank ON positions (rank, unit_path, key);
-- Positions that were abolished.
CREATE INDEX positions_ended ON positions USING gist (unit_path) WHERE ended_on IS NOT NULL;

-- +goose Down
DROP TABLE positions;

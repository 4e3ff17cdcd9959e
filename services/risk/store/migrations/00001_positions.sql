-- +goose Up

-- Region and key of a record from its name.
CREATE FUNCTION region_of(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN split_part(split_part(name, '/', 2), '-', 1);
CREATE FUNCTION key_of(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN split_part(name, '-', 2);

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
    name        text        GENERATED ALWAYS AS (body ->> 'name') STORED, -- as risk points name it, to list them by tier
    PRIMARY KEY (region, key)
);
CREATE INDEX positions_listed ON positions (unit_path, key);
CREATE INDEX positions_unit ON positions USING gist (unit_path);
-- Whose tier is one of some; a position that is named is read by its key.
CREATE INDEX positions_tier ON positions (tier, name) WHERE tier IS NOT NULL;
CREATE INDEX positions_rank ON positions (rank, unit_path, key);
-- Positions that were abolished.
CREATE INDEX positions_ended ON positions USING gist (unit_path) WHERE ended_on IS NOT NULL;

-- +goose Down
DROP TABLE positions;
DROP FUNCTION key_of, region_of;

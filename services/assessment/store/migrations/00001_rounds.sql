-- +goose Up

-- Rounds of assessment of some units for a period.
CREATE TABLE rounds (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,       -- path of the unit that assesses
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    period      text        NOT NULL GENERATED ALWAYS AS (body ->> 'period') STORED,
    scheme      text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'schemeVersion', '@', 1)) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX rounds_newest ON rounds (key);
CREATE INDEX rounds_period ON rounds (period, unit_id, scheme);
CREATE INDEX rounds_unit ON rounds USING gist (unit_path);

-- Which units take part: fixed when the round is opened, whatever becomes of the tree.
CREATE TABLE round_units (
    region    text NOT NULL,
    round_key text NOT NULL,
    unit_id   text NOT NULL,
    title     text NOT NULL,                -- as it was called on that day
    PRIMARY KEY (region, round_key, unit_id)
);

-- +goose Down
DROP TABLE round_units, rounds;

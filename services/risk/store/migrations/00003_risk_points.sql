-- +goose Up

-- Risk points with their grades and reviews (J2–J4).
CREATE TABLE risk_points (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    grade       text        NOT NULL GENERATED ALWAYS AS (body ->> 'grade') STORED,
    category    text        NOT NULL GENERATED ALWAYS AS (body ->> 'category') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    returns     int         NOT NULL GENERATED ALWAYS AS (coalesce(jsonb_array_length(body -> 'returns'), 0)) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX risk_points_listed ON risk_points (unit_path, key);
CREATE INDEX risk_points_unit ON risk_points USING gist (unit_path);
CREATE INDEX risk_points_category ON risk_points (category, unit_path, key);
CREATE INDEX risk_points_registered ON risk_points (unit_id, create_time);

-- +goose Down
DROP TABLE risk_points;

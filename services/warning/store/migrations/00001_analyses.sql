-- +goose Up

-- What stood out in the tips of a period at a unit and below it.
CREATE TABLE analyses (
    region       text        NOT NULL,
    unit_id      text        NOT NULL,      -- unit that analyses
    period       text        NOT NULL,
    period_first date        NOT NULL,
    unit_path    ltree       NOT NULL,
    run_time     timestamptz NOT NULL,      -- when it began to count; one made before its period was over is made again then
    revision     bigint      NOT NULL DEFAULT 1,
    body         jsonb       NOT NULL,
    PRIMARY KEY (region, unit_id, period)
);
CREATE INDEX analyses_name ON analyses (unit_id, period);
CREATE INDEX analyses_newest ON analyses (period_first, period, unit_id);
CREATE INDEX analyses_unit ON analyses USING gist (unit_path);

-- +goose Down
DROP TABLE analyses;

-- +goose Up

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

CREATE TABLE warnings (
    region           text     NOT NULL,
    warning_key      text     NOT NULL,
    unit_id          text     NOT NULL,     -- unit it is addressed to
    unit_path        ltree    NOT NULL,
    supervising_path ltree    NOT NULL,     -- path of the office that checks: it reads the warning, wherever it stands
    unit_title       text     NOT NULL,     -- what notices call the two, as when the warning was entered
    office_title     text     NOT NULL,
    issuer           text     NOT NULL,     -- subject of the caller who issued it, who may not approve it
    warning_level    text     NOT NULL,
    state            smallint NOT NULL,
    rise_after       date,                  -- last day before it rises by itself; null where it does not
    rectify_on       date,                  -- first day set for the rectification; null until the notice goes out
    rectified_on     date,                  -- day, in Asia/Shanghai, of the first rectification
    revision         bigint   NOT NULL DEFAULT 1,
    body             jsonb    NOT NULL,
    PRIMARY KEY (region, warning_key)
);
CREATE INDEX warnings_newest ON warnings (warning_key);
CREATE INDEX warnings_unit ON warnings USING gist (unit_path);
CREATE INDEX warnings_supervised ON warnings USING gist (supervising_path);
CREATE INDEX warnings_rising ON warnings (rise_after) WHERE rise_after IS NOT NULL;
CREATE INDEX warnings_figures ON warnings (unit_id, rectify_on);

-- Last number given to a notice. The row is locked until the notice commits, so that no number is given twice or left out.
CREATE TABLE notice_numbers (
    region text    NOT NULL,
    year   integer NOT NULL,
    last   integer NOT NULL,
    PRIMARY KEY (region, year)
);

-- +goose Down
DROP TABLE notice_numbers, warnings, analyses;

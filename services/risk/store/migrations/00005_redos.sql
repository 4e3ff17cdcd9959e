-- +goose Up

-- Orders to search anew (J4), and the risk points that came back under one.
CREATE TABLE redos (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    due_on      date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    remind_on   date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX redos_listed ON redos (unit_path, key);
CREATE INDEX redos_unit ON redos USING gist (unit_path);
CREATE INDEX redos_open ON redos (unit_id) WHERE state = 'REDO_STATE_ORDERED';
CREATE INDEX redos_remind ON redos (remind_on) WHERE remind_on IS NOT NULL;

ALTER TABLE risk_points ADD COLUMN redo text GENERATED ALWAYS AS (body ->> 'redo') STORED;
CREATE INDEX risk_points_redo ON risk_points (redo, unit_path, key) WHERE redo IS NOT NULL;

-- +goose Down
ALTER TABLE risk_points DROP COLUMN redo;
DROP TABLE redos;

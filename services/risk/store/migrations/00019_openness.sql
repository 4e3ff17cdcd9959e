-- +goose Up

-- What units must open of their affairs (T19): one for each unit, rule and time, or for each occasion.
CREATE TABLE openness_items (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    rule        text        NOT NULL GENERATED ALWAYS AS (body ->> 'rule') STORED,
    publication text        GENERATED ALWAYS AS (body ->> 'publication') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    period_from date        GENERATED ALWAYS AS (date_of(body ->> 'periodFrom')) STORED,
    due_on      date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    opened_on   date        GENERATED ALWAYS AS (date_of(body ->> 'openedOn')) STORED,
    remind_on   date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX openness_items_listed ON openness_items (unit_path, key);
CREATE INDEX openness_items_unit ON openness_items USING gist (unit_path);
CREATE INDEX openness_items_rule ON openness_items (rule, unit_path, key);
CREATE INDEX openness_items_state ON openness_items (state, unit_path, key);
CREATE INDEX openness_items_due ON openness_items (unit_path, key, due_on) WHERE state = 'OPENNESS_STATE_DUE';
CREATE INDEX openness_items_publication ON openness_items (publication) WHERE publication IS NOT NULL;
CREATE INDEX openness_items_remind ON openness_items (remind_on) WHERE remind_on IS NOT NULL;
CREATE UNIQUE INDEX openness_items_once ON openness_items (unit_id, rule, period_from) WHERE period_from IS NOT NULL;

-- +goose Down
DROP TABLE openness_items;

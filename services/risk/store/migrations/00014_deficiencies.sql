-- +goose Up

-- What went wrong and is to be corrected (T11, T14–T17).
CREATE TABLE deficiencies (
    region       text        NOT NULL,
    key          text        NOT NULL,
    unit_path    ltree       NOT NULL,
    create_time  timestamptz NOT NULL,
    revision     bigint      NOT NULL DEFAULT 1,
    body         jsonb       NOT NULL,
    unit_id      text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    kind         text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    source       text        GENERATED ALWAYS AS (body ->> 'source') STORED,
    state        text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    due_on       date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    corrected_on date        GENERATED ALWAYS AS (date_of(body ->> 'correctedOn')) STORED,
    remind_on    date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX deficiencies_listed ON deficiencies (unit_path, key);
CREATE INDEX deficiencies_unit ON deficiencies USING gist (unit_path);
CREATE INDEX deficiencies_kind ON deficiencies (kind, unit_path, key);
CREATE INDEX deficiencies_state ON deficiencies (state, unit_path, key);
CREATE INDEX deficiencies_source ON deficiencies (source, unit_path, key) WHERE source IS NOT NULL;
CREATE INDEX deficiencies_owed ON deficiencies (unit_path, key, due_on)
    WHERE state IN ('DEFICIENCY_STATE_OPEN', 'DEFICIENCY_STATE_RETURNED');
CREATE INDEX deficiencies_due ON deficiencies (unit_id, due_on);
CREATE INDEX deficiencies_remind ON deficiencies (remind_on) WHERE remind_on IS NOT NULL;

-- +goose Down
DROP TABLE deficiencies;

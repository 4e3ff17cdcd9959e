-- +goose Up

-- Candidates for positions, and how they come into them (T15).
CREATE TABLE appointments (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    kind        text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    position    text        NOT NULL GENERATED ALWAYS AS (body ->> 'position') STORED,
    decision    text        GENERATED ALWAYS AS (body ->> 'decision') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX appointments_listed ON appointments (unit_path, key);
CREATE INDEX appointments_unit ON appointments USING gist (unit_path);
CREATE INDEX appointments_kind ON appointments (kind, unit_path, key);
CREATE INDEX appointments_state ON appointments (state, unit_path, key);
CREATE INDEX appointments_position ON appointments (position);
CREATE INDEX appointments_counted ON appointments (unit_path, unit_id, kind, state);
CREATE UNIQUE INDEX appointments_decision ON appointments (decision) WHERE decision IS NOT NULL;

-- +goose Down
DROP TABLE appointments;

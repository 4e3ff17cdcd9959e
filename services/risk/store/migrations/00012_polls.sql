-- +goose Up

-- Polls among the people of units, as counts alone (T15).
CREATE TABLE polls (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    kind        text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    held_on     date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'heldOn')) STORED,
    remind_on   date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX polls_listed ON polls (unit_path, key);
CREATE INDEX polls_unit ON polls USING gist (unit_path);
CREATE INDEX polls_kind ON polls (kind, unit_path, key);
CREATE INDEX polls_state ON polls (state, unit_path, key);
CREATE INDEX polls_owed ON polls (unit_path, key, held_on) WHERE state = 'POLL_STATE_OPEN';
CREATE INDEX polls_remind ON polls (remind_on) WHERE remind_on IS NOT NULL;

-- +goose Down
DROP TABLE polls;

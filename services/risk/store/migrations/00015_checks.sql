-- +goose Up

-- Checks that units make at those below (T16, T17).
CREATE TABLE checks (
    region       text        NOT NULL,
    key          text        NOT NULL,
    unit_path    ltree       NOT NULL,
    create_time  timestamptz NOT NULL,
    revision     bigint      NOT NULL DEFAULT 1,
    body         jsonb       NOT NULL,
    unit_id      text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    checked_unit text        NOT NULL GENERATED ALWAYS AS (body ->> 'checkedUnit') STORED,
    kind         text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state        text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    due_on       date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    done_on      date        GENERATED ALWAYS AS (date_of(body ->> 'doneOn')) STORED,
    remind_on    date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX checks_listed ON checks (unit_path, key);
CREATE INDEX checks_unit ON checks USING gist (unit_path);
CREATE INDEX checks_kind ON checks (kind, unit_path, key);
CREATE INDEX checks_state ON checks (state, unit_path, key);
CREATE INDEX checks_checked_unit ON checks (checked_unit, unit_path, key);
CREATE INDEX checks_owed ON checks (unit_path, key, due_on) WHERE state IN ('CHECK_STATE_PLANNED', 'CHECK_STATE_FOUND');
CREATE INDEX checks_due ON checks (unit_id, due_on);
CREATE INDEX checks_remind ON checks (remind_on) WHERE remind_on IS NOT NULL;

-- +goose Down
DROP TABLE checks;

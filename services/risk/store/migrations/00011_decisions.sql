-- +goose Up

-- What units decide jointly (T11, T13, T14).
CREATE TABLE decisions (
    region         text        NOT NULL,
    key            text        NOT NULL,
    unit_path      ltree       NOT NULL,
    create_time    timestamptz NOT NULL,
    revision       bigint      NOT NULL DEFAULT 1,
    body           jsonb       NOT NULL,
    unit_id        text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    kind           text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state          text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    due_on         date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    done_on        date        GENERATED ALWAYS AS (date_of(body ->> 'doneOn')) STORED,
    unfiled        boolean     NOT NULL GENERATED ALWAYS AS (
        body ? 'fileBy' AND NOT body ? 'filedOn' AND body ->> 'state' NOT IN ('DECISION_STATE_SUPERSEDED', 'DECISION_STATE_VOID')) STORED,
    remind_on      date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    file_remind_on date        GENERATED ALWAYS AS (date_of(body ->> 'fileRemindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX decisions_listed ON decisions (unit_path, key);
CREATE INDEX decisions_unit ON decisions USING gist (unit_path);
CREATE INDEX decisions_kind ON decisions (kind, unit_path, key);
CREATE INDEX decisions_state ON decisions (state, unit_path, key);
CREATE INDEX decisions_owed ON decisions (unit_path, key, due_on) WHERE state = 'DECISION_STATE_ADOPTED';
CREATE INDEX decisions_unfiled ON decisions (unit_path, key) WHERE unfiled;
CREATE INDEX decisions_due ON decisions (unit_id, due_on);
CREATE INDEX decisions_remind ON decisions (remind_on) WHERE remind_on IS NOT NULL;
CREATE INDEX decisions_file_remind ON decisions (file_remind_on) WHERE file_remind_on IS NOT NULL;

-- +goose Down
DROP TABLE decisions;

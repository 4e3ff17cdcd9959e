-- +goose Up

-- What units have studied by experts, and who is asked (V2).
CREATE TABLE studies (
    region         text        NOT NULL,
    key            text        NOT NULL,
    unit_path      ltree       NOT NULL,
    create_time    timestamptz NOT NULL,
    revision       bigint      NOT NULL DEFAULT 1,
    body           jsonb       NOT NULL,
    kind           text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state          text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    subject_units  jsonb       NOT NULL GENERATED ALWAYS AS (coalesce(body -> 'subjectUnits', '[]')) STORED,
    findings       jsonb       NOT NULL GENERATED ALWAYS AS (coalesce(body -> 'findings', '[]')) STORED,
    inquiries      jsonb       NOT NULL GENERATED ALWAYS AS (coalesce(body -> 'inquiries', '[]')) STORED,
    concluded_on   date        GENERATED ALWAYS AS (date_of(body ->> 'concludedOn')) STORED,
    owed_on        date        GENERATED ALWAYS AS (
        CASE WHEN body ->> 'state' = 'STUDY_STATE_OPEN' THEN date_of(body ->> 'dueOn') END) STORED,
    remind_on      date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX studies_newest ON studies (key);
CREATE INDEX studies_unit ON studies USING gist (unit_path);
CREATE INDEX studies_kind ON studies (kind, key);
CREATE INDEX studies_state ON studies (state, key);
CREATE INDEX studies_subject_units ON studies USING gin (subject_units jsonb_path_ops);
CREATE INDEX studies_findings ON studies USING gin (findings jsonb_path_ops);
CREATE INDEX studies_inquiries ON studies USING gin (inquiries jsonb_path_ops);
CREATE INDEX studies_owed ON studies (owed_on) WHERE owed_on IS NOT NULL;
CREATE INDEX studies_remind ON studies (remind_on) WHERE remind_on IS NOT NULL;

CREATE TABLE study_invitations (
    region        text        NOT NULL,
    key           text        NOT NULL,
    unit_path     ltree       NOT NULL,     -- of the unit that studies
    expert_path   ltree       NOT NULL,     -- of the expert's unit; empty for who is from outside
    create_time   timestamptz NOT NULL,
    revision      bigint      NOT NULL DEFAULT 1,
    body          jsonb       NOT NULL,
    study         text        NOT NULL GENERATED ALWAYS AS (body ->> 'study') STORED,
    officer       text        NOT NULL GENERATED ALWAYS AS (coalesce(body #>> '{expert,officer}', '')) STORED,
    state         text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    subject_units jsonb       NOT NULL GENERATED ALWAYS AS (coalesce(body -> 'subjectUnits', '[]')) STORED,
    remind_on     date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX study_invitations_study ON study_invitations (study);
CREATE INDEX study_invitations_officer ON study_invitations (officer, key) WHERE officer <> '';
CREATE INDEX study_invitations_unit ON study_invitations USING gist (unit_path);
CREATE INDEX study_invitations_expert ON study_invitations USING gist (expert_path);
CREATE INDEX study_invitations_remind ON study_invitations (remind_on) WHERE remind_on IS NOT NULL;

-- +goose Down
DROP TABLE study_invitations;
DROP TABLE studies;

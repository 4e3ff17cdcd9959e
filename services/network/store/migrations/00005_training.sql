-- +goose Up

-- Training that a unit plans for a year.
CREATE TABLE training_plans (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    year        smallint    NOT NULL GENERATED ALWAYS AS ((body ->> 'year')::smallint) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX training_plans_newest ON training_plans (key);
CREATE INDEX training_plans_unit ON training_plans USING gist (unit_path);

-- Training sessions, planned and held.
CREATE TABLE training_sessions (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    first_day   date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'firstDay')) STORED,
    year        smallint    NOT NULL GENERATED ALWAYS AS (left(body ->> 'firstDay', 4)::smallint) STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX training_sessions_newest ON training_sessions (first_day, key);
CREATE INDEX training_sessions_unit ON training_sessions USING gist (unit_path);

-- Who was invited to a session, and who came.
CREATE TABLE attendances (
    region         text     NOT NULL,       -- of the officer
    officer_key    text     NOT NULL,
    session_region text     NOT NULL,
    session_key    text     NOT NULL,
    year           smallint NOT NULL,
    first_day      date     NOT NULL,       -- of the session
    state          text     NOT NULL,
    PRIMARY KEY (region, officer_key, session_key)
);
CREATE INDEX attendances_session ON attendances (session_key, officer_key);
CREATE INDEX attendances_year ON attendances (year, region, officer_key, first_day) WHERE state = 'ATTENDANCE_STATE_ATTENDED';

-- Versions of handbooks.
CREATE TABLE handbooks (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    edition     text        NOT NULL,        -- title and version in normal form: a unit publishes one once
    unit        text        NOT NULL GENERATED ALWAYS AS (body ->> 'unit') STORED,
    PRIMARY KEY (region, key)
);
CREATE UNIQUE INDEX handbooks_edition ON handbooks (unit, edition);
CREATE INDEX handbooks_unit ON handbooks USING gist (unit_path);

-- Which officers got a handbook, and gave it back.
CREATE TABLE handbook_receipts (
    region          text NOT NULL,           -- of the officer
    officer_key     text NOT NULL,
    handbook_region text NOT NULL,
    handbook_key    text NOT NULL,
    received_on     date NOT NULL,
    returned_on     date,
    PRIMARY KEY (region, officer_key, handbook_key)
);
CREATE INDEX handbook_receipts_handbook ON handbook_receipts (handbook_key, officer_key);

-- +goose Down
DROP TABLE handbook_receipts, handbooks, attendances, training_sessions, training_plans;

-- +goose Up

-- What was done about an officer.
CREATE TABLE officer_events (
    region      text  NOT NULL,
    officer_key text  NOT NULL,
    event_key   text  NOT NULL,
    body        jsonb NOT NULL,
    PRIMARY KEY (region, officer_key, event_key)
);

CREATE TABLE officer_contacts (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,      -- unit that kept the contact
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    officers    jsonb       NOT NULL GENERATED ALWAYS AS (body -> 'officers') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX officer_contacts_newest ON officer_contacts (key);
CREATE INDEX officer_contacts_unit ON officer_contacts USING gist (unit_path);
CREATE INDEX officer_contacts_officers ON officer_contacts USING gin (officers);

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

CREATE TABLE training_sessions (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    first_day   text        NOT NULL COLLATE "C" GENERATED ALWAYS AS (body ->> 'firstDay') STORED,
    year        smallint    NOT NULL GENERATED ALWAYS AS (left(body ->> 'firstDay', 4)::smallint) STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX training_sessions_newest ON training_sessions (first_day, key);
CREATE INDEX training_sessions_unit ON training_sessions USING gist (unit_path);

CREATE TABLE attendances (
    region         text     NOT NULL,       -- of the officer
    officer_key    text     NOT NULL,
    session_region text     NOT NULL,
    session_key    text     NOT NULL,
    year           smallint NOT NULL,
    day            text     NOT NULL COLLATE "C",   -- first day of the session
    state          text     NOT NULL,
    PRIMARY KEY (region, officer_key, session_key)
);
CREATE INDEX attendances_session ON attendances (session_key, officer_key);
CREATE INDEX attendances_year ON attendances (year, region, officer_key, day) WHERE state = 'ATTENDANCE_STATE_ATTENDED';

CREATE TABLE handbooks (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit        text        NOT NULL GENERATED ALWAYS AS (body ->> 'unit') STORED,
    title       text        NOT NULL GENERATED ALWAYS AS (body ->> 'title') STORED,
    version     text        NOT NULL GENERATED ALWAYS AS (body ->> 'version') STORED,
    PRIMARY KEY (region, key)
);
CREATE UNIQUE INDEX handbooks_version ON handbooks (unit, title, version);
CREATE INDEX handbooks_unit ON handbooks USING gist (unit_path);

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

-- Sums of what the tips of officers were worth. Which tips they are made of is written nowhere.
CREATE TABLE officer_points (
    appointing_id text  NOT NULL,
    body          jsonb NOT NULL,
    officer       text  NOT NULL COLLATE "C" GENERATED ALWAYS AS (body ->> 'officer') STORED,
    last_month    text  NOT NULL COLLATE "C" GENERATED ALWAYS AS (body ->> 'lastMonth') STORED,   -- the last counted, "2026-11"
    PRIMARY KEY (officer, last_month)
);
CREATE INDEX officer_points_appointed ON officer_points (appointing_id, last_month, officer);

-- How far the counting has come, and what is carried over, sealed to the key of the instance: one row.
CREATE TABLE officer_scoring (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    next_month date  NOT NULL,               -- first month not yet counted
    carried    bytea NOT NULL
);

-- +goose Down
DROP TABLE officer_scoring, officer_points, handbook_receipts, handbooks, attendances, training_sessions, training_plans,
    officer_contacts, officer_events;

-- +goose Up

-- The tree, effective-dated: a unit has one row for each span of days in which nothing about it changed.
CREATE TABLE units (
    unit_id           text     NOT NULL,
    valid_from        date     NOT NULL,
    valid_to          date     NOT NULL DEFAULT '9999-12-31',   -- first day it no longer holds
    title             text     NOT NULL,
    kind              smallint NOT NULL,
    level             smallint NOT NULL,
    division_code     text     NOT NULL,
    parent_id         text     NOT NULL,                        -- empty for the root
    system_parent_id  text     NOT NULL,
    region            text     NOT NULL,
    path              ltree    NOT NULL,                        -- ids from the root to the unit itself
    responsible_office text    NOT NULL,
    first_responsible text     NOT NULL,
    PRIMARY KEY (unit_id, valid_from),
    CHECK (valid_from < valid_to)
);
CREATE UNIQUE INDEX units_current ON units (unit_id) WHERE valid_to = '9999-12-31';
CREATE UNIQUE INDEX units_root ON units ((true)) WHERE parent_id = '' AND valid_to = '9999-12-31';
CREATE UNIQUE INDEX units_code ON units (division_code) WHERE division_code <> '' AND valid_to = '9999-12-31';
CREATE INDEX units_path ON units USING gist (path);

-- Days stand as in the body, "2026-11-05", which sorts by time; a term without a last day sorts after all.
CREATE TABLE officers (
    region          text        NOT NULL,
    key             text        NOT NULL,
    unit_path       ltree       NOT NULL,
    create_time     timestamptz NOT NULL,
    revision        bigint      NOT NULL DEFAULT 1,
    body            jsonb       NOT NULL,
    unit_id         text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    appointing_id   text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'appointingUnit', '/', 2)) STORED,
    type            text        NOT NULL GENERATED ALWAYS AS (body ->> 'type') STORED,
    state           text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    term_from       text        NOT NULL COLLATE "C" GENERATED ALWAYS AS (body ->> 'termFrom') STORED,
    term_to         text        NOT NULL COLLATE "C" GENERATED ALWAYS AS (coalesce(body ->> 'termTo', '9999-12-31')) STORED,
    ended_on        text        NOT NULL COLLATE "C" GENERATED ALWAYS AS (coalesce(body ->> 'endedOn', '9999-12-31')) STORED,
    term_notice_on  text        COLLATE "C" GENERATED ALWAYS AS (body ->> 'termNoticeOn') STORED,
    last_contact_on text        NOT NULL COLLATE "C" GENERATED ALWAYS AS (coalesce(body ->> 'lastContactOn', '')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX officers_listed ON officers (unit_path, key);
CREATE INDEX officers_unit ON officers USING gist (unit_path);
CREATE INDEX officers_served ON officers (unit_id, state, type);
CREATE INDEX officers_appointed ON officers (appointing_id, key);
CREATE INDEX officers_ending ON officers (term_to) WHERE state = 'OFFICER_STATE_IN_OFFICE';
CREATE INDEX officers_noticed ON officers (term_notice_on) WHERE state = 'OFFICER_STATE_IN_OFFICE';

CREATE TABLE tips (
    region        text        NOT NULL,
    tip_key       text        NOT NULL,
    handling_path ltree       NOT NULL,     -- path of the unit that handles it: who reaches that may read it
    unit_id       text        NOT NULL,     -- unit it is about
    unit_path     ltree       NOT NULL,
    subject_area  text        NOT NULL,
    urgent        boolean     NOT NULL,
    state         smallint    NOT NULL,
    returns       smallint    NOT NULL DEFAULT 0,
    unfounded     boolean     NOT NULL DEFAULT false,   -- closed with an outcome that finds it unfounded
    receive_time  timestamptz NOT NULL,
    receipt_hash  bytea       NOT NULL,
    revision      bigint      NOT NULL DEFAULT 1,
    body          jsonb       NOT NULL,
    PRIMARY KEY (region, tip_key)
);
CREATE UNIQUE INDEX tips_receipt ON tips (region, receipt_hash);
CREATE INDEX tips_newest ON tips (tip_key);
CREATE INDEX tips_state ON tips (state, tip_key);
CREATE INDEX tips_about ON tips (unit_id, tip_key);
CREATE INDEX tips_handling ON tips USING gist (handling_path);
CREATE INDEX tips_unit ON tips USING gist (unit_path);
CREATE INDEX tips_received ON tips (receive_time);

-- Who sent a tip, sealed to the key of the instance. Nothing that lists, counts or exports reads this table.
CREATE TABLE tip_sources (
    region  text  NOT NULL,
    tip_key text  NOT NULL,
    sealed  bytea NOT NULL,
    PRIMARY KEY (region, tip_key)
);

-- Periods that a schedule has opened for the subtree of its scheme: who owes a report is fixed then.
CREATE TABLE openings (
    unit_path   ltree NOT NULL,
    schedule_id text  NOT NULL,
    period      text  NOT NULL,
    PRIMARY KEY (unit_path, schedule_id, period)
);

CREATE TABLE reports (
    region       text        NOT NULL,
    unit_id      text        NOT NULL,
    schedule_id  text        NOT NULL,
    period       text        NOT NULL,
    period_first date        NOT NULL,
    unit_path    ltree       NOT NULL,
    open_on      date        NOT NULL,
    close_on     date        NOT NULL,
    state        smallint    NOT NULL,
    submit_on    date,                      -- day, in Asia/Shanghai, on which it was sent up
    revision     bigint      NOT NULL DEFAULT 1,
    body         jsonb       NOT NULL,
    PRIMARY KEY (region, unit_id, schedule_id, period)
);
CREATE INDEX reports_newest ON reports (period_first, unit_id, schedule_id);
CREATE INDEX reports_unit ON reports USING gist (unit_path);
CREATE INDEX reports_due ON reports (unit_id, close_on);

-- +goose Down
DROP TABLE reports, openings, tip_sources, tips, officers, units;

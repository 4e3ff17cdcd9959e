-- +goose Up

-- How the tree changes. Versions of units say what was when; an act says why, and a move where records followed.
ALTER TABLE units
    ADD COLUMN leader_in_charge text NOT NULL DEFAULT '',
    ADD COLUMN sort             text NOT NULL DEFAULT '',
    ADD COLUMN act_key          text NOT NULL DEFAULT '';     -- act that this version began with; empty for the creation
CREATE INDEX units_changed ON units (valid_from) WHERE act_key <> '';
CREATE INDEX units_system ON units (system_parent_id) WHERE system_parent_id <> '';
-- With units_code, which holds those without an end: who has a code on some day to come.
CREATE INDEX units_code_ending ON units (division_code, valid_to) WHERE division_code <> '' AND valid_to <> '9999-12-31';

CREATE TABLE unit_acts (
    act_key      text        PRIMARY KEY,
    act          smallint    NOT NULL,
    effective_on date        NOT NULL,
    reason       text        NOT NULL,
    decide_time  timestamptz NOT NULL,
    settled      boolean     NOT NULL      -- whether records have followed
);
CREATE INDEX unit_acts_due ON unit_acts (effective_on) WHERE NOT settled;

-- Units that ended, and who has their records.
CREATE TABLE unit_ends (
    unit_id  text PRIMARY KEY,
    ended_on date NOT NULL,                -- first day without it
    heir_id  text NOT NULL,
    act_key  text NOT NULL
);
CREATE INDEX unit_ends_day ON unit_ends (ended_on);

-- What units became, by merger or split.
CREATE TABLE unit_successions (
    unit_id      text NOT NULL,
    successor_id text NOT NULL,
    PRIMARY KEY (unit_id, successor_id)
);
CREATE INDEX unit_successions_from ON unit_successions (successor_id);

-- Where subtrees went, in the order in which records follow. Texts, since no later move may change them.
CREATE TABLE moves (
    seq          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_prefix  text        NOT NULL,
    to_prefix    text        NOT NULL,
    effective_on date        NOT NULL,
    apply_time   timestamptz NOT NULL
);

-- +goose Down
DROP TABLE moves, unit_successions, unit_ends, unit_acts;
DROP INDEX units_changed, units_system, units_code_ending;
ALTER TABLE units DROP COLUMN leader_in_charge, DROP COLUMN sort, DROP COLUMN act_key;

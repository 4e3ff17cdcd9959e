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

-- What coverage asks of officers; the officers' own migration adds the same.
ALTER TABLE officers
    ADD COLUMN IF NOT EXISTS unit_id   text,
    ADD COLUMN IF NOT EXISTS type      smallint,
    ADD COLUMN IF NOT EXISTS state     smallint,             -- 1: in office
    ADD COLUMN IF NOT EXISTS term_from date,
    ADD COLUMN IF NOT EXISTS term_to   date;                 -- NULL: open
UPDATE officers SET
    unit_id   = split_part(body ->> 'unit', '/', 2),
    type      = CASE body ->> 'type' WHEN 'OFFICER_TYPE_REGULAR' THEN 1 WHEN 'OFFICER_TYPE_SPECIAL_INVITED' THEN 2 ELSE 3 END,
    state     = 1,
    term_from = (body ->> 'termFrom')::date,
    term_to   = nullif(body ->> 'termTo', '')::date
WHERE unit_id IS NULL;

-- +goose Down
ALTER TABLE officers DROP COLUMN IF EXISTS unit_id, DROP COLUMN IF EXISTS type, DROP COLUMN IF EXISTS state,
    DROP COLUMN IF EXISTS term_from, DROP COLUMN IF EXISTS term_to;
DROP TABLE moves, unit_successions, unit_ends, unit_acts;
DROP INDEX units_changed, units_system, units_code_ending;
ALTER TABLE units DROP COLUMN leader_in_charge, DROP COLUMN sort, DROP COLUMN act_key;

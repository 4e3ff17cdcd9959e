-- +goose Up

-- The earliest day at a place in what is awaited: of the warning as such, and of each of its addressees.
CREATE FUNCTION awaited_day(body jsonb, place text[]) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(date_of(body -> 'awaited' #>> place),
             (SELECT min(date_of(a -> 'awaited' #>> place)) FROM jsonb_array_elements(body -> 'addressees') AS a));

-- The earliest day at a place in the objections that are open; none where none is.
CREATE FUNCTION objection_day(body jsonb, place text[]) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT min(date_of(o #>> place)) FROM jsonb_array_elements(body -> 'objections') AS o
        WHERE o ->> 'state' = 'OBJECTION_STATE_OPEN');

-- Warnings to units, with the steps of their handling.
CREATE TABLE warnings (
    region           text        NOT NULL,
    key              text        NOT NULL,
    unit_path        ltree       NOT NULL,
    create_time      timestamptz NOT NULL,
    revision         bigint      NOT NULL DEFAULT 1,
    body             jsonb       NOT NULL,
    supervising_path ltree       NOT NULL,  -- path of the office that checks: it reads the warning, wherever it stands
    office_title     text        NOT NULL,  -- what notices call it, as when the warning was entered
    issuer           text        NOT NULL,  -- subject of the caller who issued it, who may not approve it
    issuer_path      ltree       NOT NULL,  -- path of the unit it was issued from: it and those above it judge
    unit_id          text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    finding          text        NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'finding', '')) STORED,
    warning_level    text        NOT NULL GENERATED ALWAYS AS (body ->> 'warningLevel') STORED,
    state            text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    objection_on     date        GENERATED ALWAYS AS (objection_day(body, '{limit,deadline,due}')) STORED,
    overdue_after    date        GENERATED ALWAYS AS (  -- an open objection puts off what a delay leads to
        CASE WHEN objection_day(body, '{limit,deadline,due}') IS NULL THEN awaited_day(body, '{overdueAfter}')
             ELSE objection_day(body, '{overdueAfter}') END) STORED,
    remind_on        date        GENERATED ALWAYS AS (
        least(awaited_day(body, '{remindOn}'), objection_day(body, '{remindOn}'))) STORED,
    awaited_on       date        GENERATED ALWAYS AS (awaited_day(body, '{deadline,due}')) STORED,
    awaited_kind     text        GENERATED ALWAYS AS (body #>> '{awaited,kind}') STORED,
    went_out         boolean     NOT NULL GENERATED ALWAYS AS (body ? 'notice') STORED,
    due_on           date        GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    rectified_on     date        GENERATED ALWAYS AS (date_of(body ->> 'rectifiedOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX warnings_newest ON warnings (key);
CREATE INDEX warnings_unit ON warnings USING gist (unit_path);
CREATE INDEX warnings_supervised ON warnings USING gist (supervising_path);
CREATE INDEX warnings_issued ON warnings USING gist (issuer_path);
CREATE INDEX warnings_overdue ON warnings (overdue_after) WHERE overdue_after IS NOT NULL;
CREATE INDEX warnings_objected ON warnings USING gist (issuer_path) WHERE objection_on IS NOT NULL;
CREATE INDEX warnings_remind ON warnings (remind_on) WHERE remind_on IS NOT NULL;
CREATE INDEX warnings_awaited ON warnings (awaited_on) WHERE awaited_on IS NOT NULL;
CREATE INDEX warnings_awaited_kind ON warnings (awaited_kind, key) WHERE awaited_kind IS NOT NULL;
CREATE INDEX warnings_entered ON warnings (create_time);
CREATE INDEX warnings_finding ON warnings (finding) WHERE finding <> '';
CREATE INDEX warnings_figures ON warnings (unit_id, due_on);

-- Last number given to a notice. The row is locked until the notice commits, so that no number is given twice or left out.
CREATE TABLE notice_numbers (
    region text    NOT NULL,
    year   integer NOT NULL,
    last   integer NOT NULL,
    PRIMARY KEY (region, year)
);

-- +goose Down
DROP TABLE notice_numbers, warnings;
DROP FUNCTION awaited_day, objection_day;

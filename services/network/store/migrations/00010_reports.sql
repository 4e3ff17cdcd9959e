-- +goose Up

-- Periods that a version of a scheme has opened, and the day on which it last looked who owes a report. Once that is after the
-- days that it asks about, all are known.
CREATE TABLE opened_periods (
    scheme_version text NOT NULL,
    schedule_id    text NOT NULL,
    period         text NOT NULL,
    looked_on      date NOT NULL,
    PRIMARY KEY (scheme_version, schedule_id, period)
);

-- +goose StatementBegin
-- The units that a schedule of a scheme asks on days between two, with where each lay on which of them. Of those below its own
-- unit, a scheme keeps out of what others hold for, each from a day on.
CREATE FUNCTION asked_units(
    top text, unit_levels smallint[], unit_kinds text[], unit_sorts text[], other_units text[], other_from date[],
    first_day date, last_day date
) RETURNS TABLE (unit_id text, region text, path ltree, days datemultirange)
LANGUAGE sql STABLE AS $$
    WITH others AS MATERIALIZED (
        SELECT n.path, daterange(greatest(n.valid_from, o.since), n.valid_to) AS days
        FROM unnest(other_units, other_from) AS o (unit_id, since)
        JOIN units n ON n.unit_id = o.unit_id AND n.valid_to > o.since
    ), asked AS (
        SELECT u.unit_id, u.region, u.path, datemultirange(
                   daterange(u.valid_from, CASE WHEN e.unit_id IS NULL THEN u.valid_to ELSE u.valid_to + 1 END)
                   * daterange(t.valid_from, t.valid_to) * daterange(first_day, last_day, '[]'))
               - coalesce((SELECT range_agg(o.days) FROM others o WHERE u.path <@ o.path AND nlevel(o.path) > nlevel(t.path)), '{}')
               AS days
        FROM units t
        JOIN units u ON in_subtree(u.path, t.path) AND u.valid_from <= last_day AND u.valid_to >= first_day
        LEFT JOIN unit_ends e ON e.unit_id = u.unit_id AND e.last_on = u.valid_to
        WHERE t.unit_id = top AND t.valid_from <= last_day AND t.valid_to > first_day
          AND u.level = ANY (unit_levels) AND (cardinality(unit_kinds) = 0 OR u.kind = ANY (unit_kinds))
          AND (coalesce(cardinality(unit_sorts), 0) = 0 OR u.sort = ANY (unit_sorts)))
    SELECT a.unit_id, a.region, a.path, a.days FROM asked a WHERE NOT isempty(a.days)
$$;
-- +goose StatementEnd

-- Reports. A row holds the current version (body) and, where one is being written beside it, the next one (draft). revision and
-- draft_revision are drawn from one count, so that no etag of the one ever fits the other.
CREATE TABLE reports (
    region             text     NOT NULL,
    unit_id            text     NOT NULL,
    schedule_id        text     NOT NULL,
    period             text     NOT NULL,
    period_first       date     NOT NULL,
    unit_path          ltree    NOT NULL,
    unit_path_then     ltree    NOT NULL,                       -- where the unit stood when it was asked first
    open_on            date     NOT NULL,
    close_on           date     NOT NULL,
    scheduled_close_on date     NOT NULL,                       -- close_on without an extension
    exempted           boolean  NOT NULL DEFAULT false,
    exception          jsonb,                                   -- the exception in force
    state              text     NOT NULL,
    submit_on          date,                                    -- day, in Asia/Shanghai, on which it was sent up
    cover_from         date,                                    -- first day that it covers, once it was sent
    cover_to           date     NOT NULL,                       -- last day; by the schedule until it was sent
    version            integer  NOT NULL DEFAULT 1,
    zero               boolean  NOT NULL DEFAULT false,
    returns            smallint NOT NULL DEFAULT 0,
    content_met        integer  NOT NULL DEFAULT 0,             -- weights of the required content, of the current version
    content_of         integer  NOT NULL DEFAULT 0,
    revision           bigint   NOT NULL DEFAULT 1,
    body               jsonb    NOT NULL,
    draft_revision     bigint   NOT NULL DEFAULT 0,
    draft              jsonb,
    scheme_version     text     NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'schemeVersion', '')) STORED,
    -- The day by which a report that was sent back is to come again, and the one on which its unit is reminded.
    return_due_on      date     GENERATED ALWAYS AS (date_of(CASE state
        WHEN 'REPORT_STATE_RETURNED' THEN body #>> '{returns,-1,due,due}' END)) STORED,
    return_remind_on   date     GENERATED ALWAYS AS (date_of(CASE state
        WHEN 'REPORT_STATE_RETURNED' THEN body #>> '{returns,-1,due,remindOn}' END)) STORED,
    PRIMARY KEY (region, unit_id, schedule_id, period)
);
CREATE INDEX reports_returned ON reports (return_due_on) WHERE return_due_on IS NOT NULL;
CREATE INDEX reports_newest ON reports (period_first, unit_id, schedule_id);
CREATE INDEX reports_unit ON reports USING gist (unit_path);
CREATE INDEX reports_due ON reports (unit_id, close_on);
-- A summary reads one range of this index a period: a subtree is a run of paths, and all that is counted stands in the index.
CREATE INDEX reports_summary ON reports (schedule_id, period_first, unit_path_then)
    INCLUDE (state, submit_on, close_on, exempted, zero, returns, content_met, content_of);
-- What is still to be sent: few of many, so that the overdue of a country are found at once.
CREATE INDEX reports_unsent ON reports (period_first, unit_id, schedule_id) WHERE submit_on IS NULL AND NOT exempted;
-- What was sent late: few as well.
CREATE INDEX reports_late ON reports (period_first, unit_id, schedule_id) WHERE submit_on > close_on AND NOT exempted;
-- The version of a scheme that opened a report goes on reminding of it, whatever the scheme becomes.
CREATE INDEX reports_owed ON reports (scheme_version, schedule_id, close_on, period, open_on)
    WHERE submit_on IS NULL AND NOT exempted;

-- Versions that were submitted and then replaced by a later one. Rows are only ever added.
CREATE TABLE report_versions (
    region      text    NOT NULL,
    unit_id     text    NOT NULL,
    schedule_id text    NOT NULL,
    period      text    NOT NULL,
    version     integer NOT NULL,
    body        jsonb   NOT NULL,
    PRIMARY KEY (region, unit_id, schedule_id, period, version)
);

-- Exceptions that were granted for one report of one unit.
CREATE TABLE report_exceptions (
    region        text    NOT NULL,
    exception_key text    NOT NULL,
    unit_id       text    NOT NULL,
    unit_path     ltree   NOT NULL,
    schedule_id   text    NOT NULL,
    period        text    NOT NULL,
    extend_to     date,                     -- none: the report need not be sent
    in_force      boolean NOT NULL DEFAULT true,
    revision      bigint  NOT NULL DEFAULT 1,
    body          jsonb   NOT NULL,
    PRIMARY KEY (region, exception_key)
);
CREATE UNIQUE INDEX report_exceptions_one ON report_exceptions (region, unit_id, schedule_id, period) WHERE in_force;
CREATE INDEX report_exceptions_newest ON report_exceptions (exception_key);
CREATE INDEX report_exceptions_period ON report_exceptions (schedule_id, period) WHERE in_force;
CREATE INDEX report_exceptions_unit ON report_exceptions USING gist (unit_path);

-- Reminders that have been sent, or that had nobody left to remind: each occurrence is looked after once.
CREATE TABLE sent_reminders (
    unit_id     text NOT NULL,                 -- unit of the scheme
    schedule_id text NOT NULL,
    period      text NOT NULL,
    reminder_id text NOT NULL,
    due_on      date NOT NULL,
    sent_on     date NOT NULL,
    PRIMARY KEY (unit_id, schedule_id, period, reminder_id, due_on)
);

-- +goose Down
DROP TABLE sent_reminders, report_exceptions, report_versions, reports, opened_periods;
DROP FUNCTION asked_units;

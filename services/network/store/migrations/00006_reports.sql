-- +goose Up

-- The row of a report holds the version that stands (body) and, where one is being written beside it, the next one (draft).
-- revision and draft_revision are drawn from one count, so that no etag of the one ever fits the other.
ALTER TABLE reports
    ADD COLUMN unit_path_then     ltree,                            -- where the unit stood when the report was opened
    ADD COLUMN scheduled_close_on date,                             -- close_on without an extension
    ADD COLUMN exempted           boolean  NOT NULL DEFAULT false,
    ADD COLUMN exception          jsonb,                            -- the exception in force
    ADD COLUMN version            integer  NOT NULL DEFAULT 1,
    ADD COLUMN zero               boolean  NOT NULL DEFAULT false,
    ADD COLUMN returns            smallint NOT NULL DEFAULT 0,
    ADD COLUMN content_met        integer  NOT NULL DEFAULT 0,      -- weights of the required content, of the version that stands
    ADD COLUMN content_of         integer  NOT NULL DEFAULT 0,
    ADD COLUMN draft              jsonb,
    ADD COLUMN draft_revision     bigint   NOT NULL DEFAULT 0;
UPDATE reports SET unit_path_then = unit_path, scheduled_close_on = close_on;
ALTER TABLE reports ALTER COLUMN unit_path_then SET NOT NULL, ALTER COLUMN scheduled_close_on SET NOT NULL;

-- A summary reads one range of this index a period: a subtree is a run of paths, and all that is counted stands in the index.
CREATE INDEX reports_summary ON reports (schedule_id, period_first, unit_path_then)
    INCLUDE (state, submit_on, close_on, exempted, zero, returns, content_met, content_of);

-- What is still to be sent: few of many, so that the overdue of a country are found at once.
CREATE INDEX reports_unsent ON reports (period_first, unit_id, schedule_id) WHERE submit_on IS NULL AND NOT exempted;

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

-- +goose Down
DROP TABLE report_exceptions, report_versions;
DROP INDEX reports_summary, reports_unsent;
ALTER TABLE reports
    DROP COLUMN unit_path_then, DROP COLUMN scheduled_close_on, DROP COLUMN exempted, DROP COLUMN exception, DROP COLUMN version,
    DROP COLUMN zero, DROP COLUMN returns, DROP COLUMN content_met, DROP COLUMN content_of, DROP COLUMN draft, DROP COLUMN draft_revision;

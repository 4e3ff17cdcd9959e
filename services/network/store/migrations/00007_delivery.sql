-- +goose Up

CREATE INDEX messages_unread ON messages (unit_id, message_key) WHERE read_time IS NULL;

-- Reminders that have been sent, or that had nobody left to remind: each occurrence is looked after once.
CREATE TABLE remindings (
    unit_id     text NOT NULL,                 -- unit of the scheme
    schedule_id text NOT NULL,
    period      text NOT NULL,
    reminder_id text NOT NULL,
    due_on      date NOT NULL,
    PRIMARY KEY (unit_id, schedule_id, period, reminder_id, due_on)
);
CREATE INDEX reports_closing ON reports (schedule_id, close_on, period, open_on, state);

-- Where a unit wants its messages delivered besides its inbox.
CREATE TABLE contact_points (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    by_mail     boolean     NOT NULL GENERATED ALWAYS AS (body ->> 'webhook' IS NULL) STORED,
    active      boolean     NOT NULL GENERATED ALWAYS AS (coalesce((body ->> 'active')::boolean, false)) STORED,
    kinds       jsonb       NOT NULL GENERATED ALWAYS AS (coalesce(body -> 'kinds', '[]')) STORED,   -- empty for all
    PRIMARY KEY (region, key)
);
CREATE INDEX contact_points_unit ON contact_points (unit_id, key);

-- The way of each message to each contact point its unit had when it was told.
CREATE TABLE deliveries (
    region         text        NOT NULL,       -- of the message
    message_key    text        NOT NULL,
    contact_region text        NOT NULL,
    contact_key    text        NOT NULL,
    unit_id        text        NOT NULL,
    by_mail        boolean     NOT NULL,
    state          smallint    NOT NULL,
    attempts       smallint    NOT NULL DEFAULT 0,
    reason         text        NOT NULL DEFAULT '',
    next_time      timestamptz NOT NULL,       -- while pending: when it is tried, or when the attempt under way counts as lost
    create_time    timestamptz NOT NULL,
    finish_time    timestamptz,
    PRIMARY KEY (region, message_key, contact_key)
);
CREATE INDEX deliveries_due ON deliveries (by_mail, next_time) WHERE state = 1;
CREATE INDEX deliveries_unit ON deliveries (unit_id, message_key, contact_key);
CREATE INDEX deliveries_contact ON deliveries (contact_key);

-- +goose Down
DROP TABLE deliveries, contact_points, remindings;
DROP INDEX reports_closing, messages_unread;

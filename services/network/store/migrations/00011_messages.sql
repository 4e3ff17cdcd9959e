-- +goose Up

-- What units are notified of. A message names a record; what the record says stays there.
CREATE TABLE messages (
    region      text        NOT NULL,
    message_key text        NOT NULL,
    unit_id     text        NOT NULL,
    unit_path   ltree       NOT NULL,
    kind        text        NOT NULL,     -- key of the sentence
    args        text[]      NOT NULL CHECK (array_position(args, NULL) IS NULL),    -- pairs of placeholder and value
    resource    text        NOT NULL,
    dedup_key   text        NOT NULL,     -- a unit gets one message of a key
    create_time timestamptz NOT NULL,
    read_time   timestamptz,
    PRIMARY KEY (region, message_key)
);
CREATE UNIQUE INDEX messages_dedup ON messages (region, unit_id, dedup_key);
CREATE INDEX messages_unit ON messages (unit_id, message_key);
CREATE INDEX messages_unread ON messages (unit_id, message_key) WHERE read_time IS NULL;
CREATE INDEX messages_path ON messages USING gist (unit_path);   -- messages follow their units
CREATE INDEX messages_created ON messages (create_time);         -- what is old enough to be deleted

-- The day on which a job last reminded of what is due, so that after an outage it goes on from there.
CREATE TABLE reminded (
    job text PRIMARY KEY,
    day date NOT NULL
);

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
    paused      boolean     NOT NULL GENERATED ALWAYS AS (coalesce((body ->> 'paused')::boolean, false)) STORED,
    kinds       jsonb       NOT NULL GENERATED ALWAYS AS (coalesce(body -> 'kinds', '[]')) STORED,   -- empty for all
    PRIMARY KEY (region, key)
);
CREATE INDEX contact_points_unit ON contact_points (unit_id, key);
CREATE INDEX contact_points_path ON contact_points USING gist (unit_path);

-- The way of each message to each contact point its unit had when it got the message.
CREATE TABLE deliveries (
    region         text        NOT NULL,       -- of the message
    message_key    text        NOT NULL,
    contact_region text        NOT NULL,
    contact_key    text        NOT NULL,
    unit_id        text        NOT NULL,
    by_mail        boolean     NOT NULL,
    state          text        NOT NULL,
    attempts       smallint    NOT NULL DEFAULT 0,
    reason         text        NOT NULL DEFAULT '',
    next_time      timestamptz NOT NULL,       -- while pending: when it is tried, or when the attempt under way counts as lost
    create_time    timestamptz NOT NULL,
    finish_time    timestamptz,
    PRIMARY KEY (region, message_key, contact_key)
);
CREATE INDEX deliveries_due ON deliveries (by_mail, next_time) WHERE state = 'DELIVERY_STATE_PENDING';
CREATE INDEX deliveries_unit ON deliveries (unit_id, message_key, contact_key);
CREATE INDEX deliveries_contact ON deliveries (contact_key);

-- +goose Down
DROP TABLE deliveries, contact_points, reminded, messages;

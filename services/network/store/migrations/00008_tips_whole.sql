-- +goose Up

-- Likeness of texts, for suggesting duplicates. It comes with PostgreSQL and needs no superuser.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- What tips are searched by beyond the first columns, taken from the tip itself so that no writer can forget them.
ALTER TABLE tips
    ADD COLUMN channel       text     NOT NULL GENERATED ALWAYS AS (coalesce(body #>> '{content,channel}', '')) STORED,
    ADD COLUMN source_role   text     NOT NULL GENERATED ALWAYS AS (coalesce(body #>> '{content,sourceRole}', '')) STORED,
    ADD COLUMN duplicate_of  text     NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'duplicateOf', '')) STORED,
    ADD COLUMN due_on        text     NOT NULL GENERATED ALWAYS AS   -- day of the next act, as YYYY-MM-DD; empty where none is due
        (coalesce(CASE state WHEN 1 THEN body #>> '{acceptBy,due}' WHEN 3 THEN body #>> '{closeBy,deadline,due}' END, '')) STORED;
CREATE INDEX tips_channel ON tips (channel, tip_key);
CREATE INDEX tips_role ON tips (source_role, tip_key) WHERE source_role <> '';
CREATE INDEX tips_urgent ON tips (tip_key) WHERE urgent;
CREATE INDEX tips_due ON tips (due_on) WHERE due_on <> '';
CREATE INDEX tips_duplicates ON tips (region, duplicate_of) WHERE duplicate_of <> '';

-- Inquiries at points (H4). unit_path is that of the unit that opened one, point_path that of the point.
CREATE TABLE inquiries (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    point_path  ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    kind        text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    due_on      text        NOT NULL COLLATE "C" GENERATED ALWAYS AS (body ->> 'dueOn') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX inquiries_newest ON inquiries (key);
CREATE INDEX inquiries_point ON inquiries USING gist (point_path);
CREATE INDEX inquiries_unit ON inquiries USING gist (unit_path);

-- +goose Down
DROP INDEX tips_urgent;
DROP TABLE inquiries;
ALTER TABLE tips DROP COLUMN channel, DROP COLUMN source_role, DROP COLUMN duplicate_of,
    DROP COLUMN due_on;

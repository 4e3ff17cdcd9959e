-- +goose Up

-- Inquiries at points (H4). unit_path is that of the unit that opened one, point_path that of the point. One is listed where its
-- point lies and, should a split have parted the two, where the unit that opened it lies.
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
    due_on      date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    remind_on   date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    concealed_from jsonb    NOT NULL GENERATED ALWAYS AS (coalesce(body -> 'concealedFrom', '[]')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX inquiries_due ON inquiries (due_on) WHERE state <> 'INQUIRY_STATE_CLOSED';
CREATE INDEX inquiries_newest ON inquiries (key);
CREATE INDEX inquiries_point ON inquiries USING gist (point_path);
CREATE INDEX inquiries_unit ON inquiries USING gist (unit_path);

-- +goose Down
DROP TABLE inquiries;

-- +goose Up

-- What units tell others of their analyses and warnings (H3, C14, V3).
CREATE TABLE bulletins (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    kind        text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX bulletins_newest ON bulletins (key);
CREATE INDEX bulletins_unit ON bulletins USING gist (unit_path);

-- What each addressee of a bulletin owes and did.
CREATE TABLE bulletin_receipts (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    bulletin    text        NOT NULL GENERATED ALWAYS AS (body ->> 'bulletin') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    due_on      date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    answered_on date        GENERATED ALWAYS AS (date_of(body ->> 'answeredOn')) STORED,
    owed_on     date        GENERATED ALWAYS AS (
        CASE WHEN body ? 'answeredOn' THEN NULL ELSE date_of(body ->> 'dueOn') END) STORED,
    remind_on   date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX bulletin_receipts_newest ON bulletin_receipts (key);
CREATE INDEX bulletin_receipts_unit ON bulletin_receipts USING gist (unit_path);
CREATE INDEX bulletin_receipts_bulletin ON bulletin_receipts (bulletin, key);
CREATE INDEX bulletin_receipts_owed ON bulletin_receipts (owed_on) WHERE owed_on IS NOT NULL;
CREATE INDEX bulletin_receipts_remind ON bulletin_receipts (remind_on) WHERE remind_on IS NOT NULL;
CREATE INDEX bulletin_receipts_figures ON bulletin_receipts (unit_id, due_on);

-- Last number given to a bulletin, as notice_numbers.
CREATE TABLE bulletin_numbers (
    unit_id text    NOT NULL,
    kind    text    NOT NULL,
    year    integer NOT NULL,
    last    integer NOT NULL,
    PRIMARY KEY (unit_id, kind, year)
);

-- Rectifications that fell due in a period, wherever they are.
CREATE INDEX warnings_due ON warnings (due_on) WHERE due_on IS NOT NULL;

-- +goose Down
DROP INDEX warnings_due;
DROP TABLE bulletin_numbers, bulletin_receipts, bulletins;

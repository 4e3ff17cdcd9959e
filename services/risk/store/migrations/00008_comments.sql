-- +goose Up

-- Objections to what is public (J6, T4). Who objects stands nowhere; of the receipt its hash does, which no query reads.
CREATE TABLE comments (
    region       text        NOT NULL,
    key          text        NOT NULL,
    unit_path    ltree       NOT NULL, -- of the unit that answers
    create_time  timestamptz NOT NULL,
    revision     bigint      NOT NULL DEFAULT 1,
    body         jsonb       NOT NULL,
    receipt_hash text        NOT NULL UNIQUE,
    publication  text        NOT NULL GENERATED ALWAYS AS (body ->> 'publication') STORED,
    state        text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    due_on       date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    remind_on    date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX comments_listed ON comments (unit_path, key);
CREATE INDEX comments_unit ON comments USING gist (unit_path);
CREATE INDEX comments_state ON comments (state, unit_path, key);
CREATE INDEX comments_publication ON comments (publication, unit_path, key);
CREATE INDEX comments_open ON comments (publication) WHERE state = 'COMMENT_STATE_RECEIVED';
CREATE INDEX comments_remind ON comments (remind_on) WHERE remind_on IS NOT NULL;

-- +goose Down
DROP TABLE comments;

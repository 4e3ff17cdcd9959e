-- +goose Up

-- What units are told: reminders, urgent tips, inquiries. A message names a record; what the record says stays there.
CREATE TABLE messages (
    region      text        NOT NULL,
    message_key text        NOT NULL,
    unit_id     text        NOT NULL,
    unit_path   ltree       NOT NULL,
    kind        text        NOT NULL,     -- key of the sentence
    args        text[]      NOT NULL,     -- pairs of placeholder and value
    resource    text        NOT NULL,
    once        text        NOT NULL,     -- the same is told to a unit once
    create_time timestamptz NOT NULL,
    read_time   timestamptz,
    PRIMARY KEY (region, message_key)
);
CREATE UNIQUE INDEX messages_once ON messages (region, unit_id, once);
CREATE INDEX messages_unit ON messages (unit_id, message_key);

-- +goose Down
DROP TABLE messages;

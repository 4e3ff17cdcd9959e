-- +goose Up

-- Files that belong to a record of the service, their owner; who reaches the owner reaches them (ADR 032).
CREATE TABLE attachments (
    region         text        NOT NULL,     -- of the owner
    attachment_key text        NOT NULL,
    owner          text        NOT NULL,     -- name of the record, such as "tips/340503-0192f0c1"
    complete       boolean     NOT NULL DEFAULT false,
    size           bigint      NOT NULL,     -- as declared; no more is taken
    received       bigint      NOT NULL DEFAULT 0,
    hash_state     bytea       NOT NULL,     -- of the SHA-256 of what was received, so that no file is read twice
    token_hash     bytea       NOT NULL,
    create_time    timestamptz NOT NULL,
    expire_time    timestamptz NOT NULL,     -- when it is removed if it is not complete, by the scheme that held as it began
    body           jsonb       NOT NULL,
    PRIMARY KEY (region, attachment_key)
);
CREATE INDEX attachments_owner ON attachments (owner, attachment_key);
CREATE INDEX attachments_incomplete ON attachments (expire_time) WHERE NOT complete;

-- What was received of each attachment, in parts as they came.
CREATE TABLE attachment_parts (
    region         text   NOT NULL,
    attachment_key text   NOT NULL,
    part_offset    bigint NOT NULL,
    data           bytea  NOT NULL,
    PRIMARY KEY (region, attachment_key, part_offset),
    FOREIGN KEY (region, attachment_key) REFERENCES attachments ON DELETE CASCADE
);
ALTER TABLE attachment_parts ALTER COLUMN data SET STORAGE EXTERNAL;   -- photos and sound do not shrink

-- +goose Down
DROP TABLE attachment_parts, attachments;

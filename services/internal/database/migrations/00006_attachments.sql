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
    accounts       text[]      NOT NULL,     -- whose quotas it takes from, sorted
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

-- How many bytes the attachments of each account take, those that still come at their declared size: of the instance, whose account
-- is empty, of a unit, of a caller, of the holder of a receipt by the name of the tip.
CREATE TABLE attachment_usage (
    account text   PRIMARY KEY COLLATE "C",
    bytes   bigint NOT NULL
);

-- +goose StatementBegin
-- In the database, so that whatever stores or removes an attachment can't forget to count it. An attachment never changes its size.
CREATE FUNCTION count_attachments() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    sign integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    INSERT INTO attachment_usage AS u (account, bytes)
    SELECT a.account COLLATE "C", sign * sum(c.size) FROM changed c, unnest(c.accounts) AS a (account) GROUP BY 1 ORDER BY 1
    ON CONFLICT (account) DO UPDATE SET bytes = u.bytes + excluded.bytes;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER count_new_attachments AFTER INSERT ON attachments
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_attachments();
CREATE TRIGGER count_removed_attachments AFTER DELETE ON attachments
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_attachments();

-- +goose Down
DROP TABLE attachment_parts, attachments, attachment_usage;
DROP FUNCTION count_attachments;

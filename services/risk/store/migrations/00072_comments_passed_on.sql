-- +goose Up

-- What is said of units whose change may have another unit answer it (ADR 037).
CREATE INDEX comments_open_about ON comments (about_unit) WHERE state = 'COMMENT_STATE_RECEIVED' OR to_regrade;

-- +goose Down
DROP INDEX comments_open_about;

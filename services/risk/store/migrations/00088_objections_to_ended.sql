-- +goose Up

-- No grade is owed of an upheld objection to a risk point that has ended (T4, T22).
DROP INDEX comments_open_about;
ALTER TABLE comments DROP COLUMN to_regrade;
ALTER TABLE comments ADD COLUMN to_regrade boolean NOT NULL GENERATED ALWAYS AS (
    body ->> 'state' = 'COMMENT_STATE_UPHELD' AND coalesce(starts_with(body ->> 'entry', 'riskPoints/'), false)
    AND NOT body ? 'regradedVersion' AND NOT body ? 'noRegradeReason' AND NOT body ? 'entryEndedOn') STORED;
CREATE INDEX comments_to_regrade ON comments (unit_path, key) WHERE to_regrade;
CREATE INDEX comments_to_regrade_of ON comments ((body ->> 'entry')) WHERE to_regrade;
CREATE INDEX comments_open_about ON comments (about_unit) WHERE state = 'COMMENT_STATE_RECEIVED' OR to_regrade;

-- +goose Down
DROP INDEX comments_open_about;
ALTER TABLE comments DROP COLUMN to_regrade;
ALTER TABLE comments ADD COLUMN to_regrade boolean NOT NULL GENERATED ALWAYS AS (
    body ->> 'state' = 'COMMENT_STATE_UPHELD' AND coalesce(starts_with(body ->> 'entry', 'riskPoints/'), false)
    AND NOT body ? 'regradedVersion' AND NOT body ? 'noRegradeReason') STORED;
CREATE INDEX comments_to_regrade ON comments (unit_path, key) WHERE to_regrade;
CREATE INDEX comments_to_regrade_of ON comments ((body ->> 'entry')) WHERE to_regrade;
CREATE INDEX comments_open_about ON comments (about_unit) WHERE state = 'COMMENT_STATE_RECEIVED' OR to_regrade;

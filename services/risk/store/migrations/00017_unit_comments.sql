-- +goose Up

-- Comments on units, which are about no publication, and what stood of units in the media (T20).
ALTER TABLE comments
    ALTER COLUMN publication DROP NOT NULL,
    ADD COLUMN unit_id text NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    ADD COLUMN about_unit text GENERATED ALWAYS AS (body ->> 'aboutUnit') STORED,
    ADD COLUMN medium text GENERATED ALWAYS AS (body ->> 'medium') STORED;
CREATE INDEX comments_on_units ON comments (unit_path, key) WHERE publication IS NULL;
CREATE INDEX comments_medium ON comments (medium, unit_path, key) WHERE medium IS NOT NULL;
CREATE INDEX comments_open_on_unit ON comments (about_unit) WHERE publication IS NULL AND state = 'COMMENT_STATE_RECEIVED';
CREATE INDEX comments_answered_openly ON comments (about_unit, key) WHERE body ? 'answerPlaces';

-- +goose Down
DELETE FROM comments WHERE publication IS NULL;
DROP INDEX comments_answered_openly, comments_open_on_unit, comments_medium, comments_on_units;
ALTER TABLE comments DROP COLUMN medium, DROP COLUMN about_unit, DROP COLUMN unit_id, ALTER COLUMN publication SET NOT NULL;

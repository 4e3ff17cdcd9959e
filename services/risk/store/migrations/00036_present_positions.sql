-- +goose Up

-- Whoever comes into a position leaves their present one, and that once (T15).
ALTER TABLE appointments ADD COLUMN present_position text GENERATED ALWAYS AS (body ->> 'presentPosition') STORED;
CREATE INDEX appointments_present ON appointments (present_position, state) WHERE present_position IS NOT NULL;

-- +goose Down
DROP INDEX appointments_present;
ALTER TABLE appointments DROP COLUMN present_position;

-- +goose Up

-- What checks reported as important (T16).
ALTER TABLE checks ADD COLUMN important boolean NOT NULL
    GENERATED ALWAYS AS (coalesce((body -> 'important')::boolean, false)) STORED;
CREATE INDEX checks_important ON checks (unit_path, key) WHERE important;

-- +goose Down
ALTER TABLE checks DROP COLUMN important;

-- +goose Up

-- The problems for which a risk point ever was sent back (J4).
ALTER TABLE risk_points ADD COLUMN problems jsonb GENERATED ALWAYS AS (body -> 'problems') STORED;
CREATE INDEX risk_points_problems ON risk_points (unit_path, key) WHERE problems IS NOT NULL;

-- +goose Down
ALTER TABLE risk_points DROP COLUMN problems;

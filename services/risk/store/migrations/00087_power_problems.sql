-- +goose Up

-- How often a power item was sent back, and for which problems it ever was (J4).
ALTER TABLE power_items
    ADD COLUMN return_count integer NOT NULL GENERATED ALWAYS AS (coalesce((body -> 'returnCount')::integer, 0)) STORED,
    ADD COLUMN problems jsonb GENERATED ALWAYS AS (body -> 'problems') STORED;
CREATE INDEX power_items_problems ON power_items (unit_path, key) WHERE problems IS NOT NULL;

-- +goose Down
ALTER TABLE power_items DROP COLUMN problems, DROP COLUMN return_count;

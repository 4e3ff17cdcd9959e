-- +goose Up

-- What anybody may read of a unit (J6, T12, T22).
ALTER TABLE publications
    ADD COLUMN unit_id text NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    ADD COLUMN open boolean NOT NULL GENERATED ALWAYS AS (body ? 'open' AND body ->> 'state' = 'PUBLICATION_STATE_PUBLICISED') STORED;
CREATE INDEX publications_open ON publications (unit_id, key) WHERE open;

-- +goose Down
DROP INDEX publications_open;
ALTER TABLE publications DROP COLUMN open, DROP COLUMN unit_id;

-- +goose Up

-- Unit of the position that answers for a deficiency, which may be another than the deficiency's.
ALTER TABLE deficiencies ADD COLUMN owner_unit text GENERATED ALWAYS AS (body ->> 'ownerUnit') STORED;
CREATE INDEX deficiencies_owner ON deficiencies (owner_unit, key) WHERE owner_unit IS NOT NULL;

-- +goose Down
ALTER TABLE deficiencies DROP COLUMN owner_unit;

-- +goose Up

-- What a unit has made public of a kind, wherever it stands.
CREATE INDEX publications_of_unit ON publications (unit_id, kind);

-- +goose Down
DROP INDEX publications_of_unit;

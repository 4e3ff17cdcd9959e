-- +goose Up

-- What was filed and says no longer what is in force, since an upheld objection has had entries graded anew (T4, T22), until
-- another of its kind is over.
ALTER TABLE publications ADD COLUMN filed_outdated boolean NOT NULL GENERATED ALWAYS AS (
    body ? 'regradedEntries' AND body ? 'filedOn' AND NOT body ? 'supersededBy') STORED;
CREATE INDEX publications_filed_outdated ON publications (unit_path, key) WHERE filed_outdated;

-- +goose Down
ALTER TABLE publications DROP COLUMN filed_outdated;

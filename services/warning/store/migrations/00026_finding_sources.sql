-- +goose Up

-- What findings are made of that no analysis made: deficiencies of the risk register. Each makes one.
ALTER TABLE findings ADD COLUMN source text GENERATED ALWAYS AS (body #>> '{source,record}') STORED;
CREATE UNIQUE INDEX findings_source ON findings (source) WHERE source IS NOT NULL;

-- When deficiencies that are not corrected yet are looked at again, since a rule of the scheme may find them overdue then.
CREATE TABLE watched_deficiencies (
    name    text NOT NULL PRIMARY KEY,
    look_on date NOT NULL
);
CREATE INDEX watched_deficiencies_look ON watched_deficiencies (look_on, name);

-- +goose Down
DROP TABLE watched_deficiencies;
ALTER TABLE findings DROP COLUMN source;

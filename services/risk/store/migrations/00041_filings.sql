-- +goose Up

-- What is to be filed with bodies above, besides decisions (T16, T22).
ALTER TABLE deficiencies
    ADD COLUMN unfiled boolean NOT NULL GENERATED ALWAYS AS (
        body ? 'fileBy' AND NOT body ? 'filedOn' AND body ->> 'state' <> 'DEFICIENCY_STATE_WITHDRAWN') STORED,
    ADD COLUMN file_by date GENERATED ALWAYS AS (date_of(body ->> 'fileBy')) STORED,
    ADD COLUMN filed_on date GENERATED ALWAYS AS (date_of(body ->> 'filedOn')) STORED,
    ADD COLUMN file_remind_on date GENERATED ALWAYS AS (date_of(body ->> 'fileRemindOn')) STORED;
CREATE INDEX deficiencies_unfiled ON deficiencies (unit_path, key) WHERE unfiled;
CREATE INDEX deficiencies_file_by ON deficiencies (file_by) WHERE file_by IS NOT NULL;
CREATE INDEX deficiencies_file_remind ON deficiencies (file_remind_on) WHERE file_remind_on IS NOT NULL;
ALTER TABLE publications
    ADD COLUMN unfiled boolean NOT NULL GENERATED ALWAYS AS (body ? 'fileBy' AND NOT body ? 'filedOn') STORED,
    ADD COLUMN file_by date GENERATED ALWAYS AS (date_of(body ->> 'fileBy')) STORED,
    ADD COLUMN filed_on date GENERATED ALWAYS AS (date_of(body ->> 'filedOn')) STORED,
    ADD COLUMN file_remind_on date GENERATED ALWAYS AS (date_of(body ->> 'fileRemindOn')) STORED;
CREATE INDEX publications_unfiled ON publications (unit_path, key) WHERE unfiled;
CREATE INDEX publications_file_by ON publications (unit_id, file_by) WHERE file_by IS NOT NULL;
CREATE INDEX publications_file_remind ON publications (file_remind_on) WHERE file_remind_on IS NOT NULL;

-- The same as due_records.
CREATE VIEW due_filings AS
SELECT 'risk.publications_filed_on_time' AS measure, region, key, unit_id, unit_path, file_by AS due_on, filed_on AS done_on
FROM publications;

-- Which unit judges and files a deficiency, as of a day, as owed.Judge says: who found it or, where that is its own unit, does not
-- stand above it or is where the position that answers for it stood, the lowest above that is neither; the root does its own.
CREATE FUNCTION judging_unit(path ltree, found_by text, owner_unit text, day date) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH tree AS (
        SELECT string_to_array(acting_path($1, $4)::text, '.') AS ids,
               coalesce((SELECT subpath(acting_path(e.path, $4), -1)::text FROM ended_units e WHERE e.unit_id = split_part($3, '/', 2)),
                        split_part($3, '/', 2)) AS stood
    )
    SELECT coalesce(
        (SELECT ids[n] FROM generate_series(1, cardinality(ids) - 1) AS n
         WHERE n <= coalesce(array_position(ids[:cardinality(ids) - 1], split_part($2, '/', 2)), n) AND ids[n] IS DISTINCT FROM stood
         ORDER BY n DESC LIMIT 1), ids[1])
    FROM tree
$$;

-- +goose Down
DROP FUNCTION judging_unit;
DROP VIEW due_filings;
ALTER TABLE publications DROP COLUMN file_remind_on, DROP COLUMN filed_on, DROP COLUMN file_by, DROP COLUMN unfiled;
ALTER TABLE deficiencies
    DROP COLUMN file_remind_on, DROP COLUMN filed_on, DROP COLUMN file_by, DROP COLUMN unfiled;

-- +goose Up

-- What is to be filed with bodies above, besides decisions (T16, T22). A deficiency is filed by who found it or, where that is its own
-- unit, by the one above; the root files its own.
ALTER TABLE deficiencies
    ADD COLUMN unfiled boolean NOT NULL GENERATED ALWAYS AS (
        body ? 'fileBy' AND NOT body ? 'filedOn' AND body ->> 'state' <> 'DEFICIENCY_STATE_WITHDRAWN') STORED,
    ADD COLUMN file_by date GENERATED ALWAYS AS (date_of(body ->> 'fileBy')) STORED,
    ADD COLUMN filed_on date GENERATED ALWAYS AS (date_of(body ->> 'filedOn')) STORED,
    ADD COLUMN file_remind_on date GENERATED ALWAYS AS (date_of(body ->> 'fileRemindOn')) STORED,
    ADD COLUMN filer_id text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN body ->> 'foundBy' = body ->> 'unit' AND nlevel(unit_path) > 1 THEN ltree2text(subpath(unit_path, -2, 1))
             ELSE split_part(body ->> 'foundBy', '/', 2) END) STORED;
CREATE INDEX deficiencies_unfiled ON deficiencies (unit_path, key) WHERE unfiled;
CREATE INDEX deficiencies_file_by ON deficiencies (filer_id, file_by) WHERE file_by IS NOT NULL;
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
SELECT 'risk.deficiencies_filed_on_time' AS measure, region, key, filer_id AS unit_id, unit_path, file_by AS due_on, filed_on AS done_on
FROM deficiencies WHERE filed_on IS NOT NULL OR state <> 'DEFICIENCY_STATE_WITHDRAWN'
UNION ALL
SELECT 'risk.publications_filed_on_time', region, key, unit_id, unit_path, file_by, filed_on FROM publications;

-- +goose Down
DROP VIEW due_filings;
ALTER TABLE publications DROP COLUMN file_remind_on, DROP COLUMN filed_on, DROP COLUMN file_by, DROP COLUMN unfiled;
ALTER TABLE deficiencies
    DROP COLUMN filer_id, DROP COLUMN file_remind_on, DROP COLUMN filed_on, DROP COLUMN file_by, DROP COLUMN unfiled;

-- +goose Up

-- What figures count by (T24): what a unit was to do in a period, and when it did.
ALTER TABLE decisions
    ADD COLUMN file_by date GENERATED ALWAYS AS (date_of(body ->> 'fileBy')) STORED,
    ADD COLUMN filed_on date GENERATED ALWAYS AS (date_of(body ->> 'filedOn')) STORED;
ALTER TABLE rotations ADD COLUMN left_on date GENERATED ALWAYS AS (date_of(body ->> 'leftOn')) STORED;
ALTER TABLE comments ADD COLUMN answered_on date GENERATED ALWAYS AS (date_of(body ->> 'answeredOn')) STORED;
CREATE INDEX decisions_file_by ON decisions (unit_id, file_by) WHERE file_by IS NOT NULL;
CREATE INDEX rotations_due ON rotations (unit_id, due_on);
CREATE INDEX openness_items_unit_due ON openness_items (unit_id, due_on);
CREATE INDEX comments_due ON comments (unit_id, due_on);

-- +goose Down
DROP INDEX comments_due, openness_items_unit_due, rotations_due, decisions_file_by;
ALTER TABLE comments DROP COLUMN answered_on;
ALTER TABLE rotations DROP COLUMN left_on;
ALTER TABLE decisions DROP COLUMN filed_on, DROP COLUMN file_by;

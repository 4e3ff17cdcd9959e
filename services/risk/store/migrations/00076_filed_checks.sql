-- +goose Up

-- Important checks of the topmost unit, which are filed with bodies above the suite (T16).
ALTER TABLE checks
    ADD COLUMN unfiled boolean NOT NULL GENERATED ALWAYS AS (body ? 'fileBy' AND NOT body ? 'filedOn') STORED,
    ADD COLUMN file_by date GENERATED ALWAYS AS (date_of(body ->> 'fileBy')) STORED,
    ADD COLUMN file_remind_on date GENERATED ALWAYS AS (date_of(body ->> 'fileRemindOn')) STORED;
CREATE INDEX checks_unfiled ON checks (unit_path, key) WHERE unfiled;
CREATE INDEX checks_file_remind ON checks (file_remind_on) WHERE file_remind_on IS NOT NULL;

-- +goose Down
ALTER TABLE checks DROP COLUMN file_remind_on, DROP COLUMN file_by, DROP COLUMN unfiled;

-- +goose Up

-- What a warning is about, by the finding that it follows, and when it ended.
ALTER TABLE warnings
    ADD COLUMN subject_area text NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'subjectArea', '')) STORED,
    ADD COLUMN ended_on     date GENERATED ALWAYS AS (date_of(body ->> 'endedOn')) STORED;
CREATE INDEX warnings_muting ON warnings (unit_id, subject_area) WHERE subject_area <> '' AND went_out;

-- The warning that mutes those of an area to a unit, with the path of its own unit after a blank: the topmost to a unit above that is
-- open or, where a day is given, ended on that day or later, so that nothing is done about what it muted before the next. Empty where
-- none does.
CREATE FUNCTION muting(path ltree, area text, day date) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT coalesce((
        SELECT 'warnings/' || region || '-' || key || ' ' || unit_path::text FROM warnings
        WHERE unit_id = ANY (trim_array(string_to_array(ltree2text($1), '.'), 1)) AND subject_area = $2
          AND subject_area <> '' AND went_out AND (ended_on IS NULL OR ended_on >= $3)
        ORDER BY nlevel(unit_path), key
        LIMIT 1), '')
$$;

-- +goose Down
DROP FUNCTION muting;
ALTER TABLE warnings DROP COLUMN subject_area, DROP COLUMN ended_on;

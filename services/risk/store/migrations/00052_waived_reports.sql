-- +goose Up

-- Inspections from which a unit was exempted, as it had no risk point of their grades (T9): it owes one once it has.
CREATE TABLE waived_reports (
    report   text PRIMARY KEY,
    unit_id  text NOT NULL,
    last_day date NOT NULL -- of its period
);
CREATE INDEX waived_reports_unit ON waived_reports (unit_id);
CREATE INDEX waived_reports_over ON waived_reports (last_day);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION note_changed_catalogue() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO changed_catalogues (unit_id)
    SELECT u.id FROM (SELECT subpath(acting_path(NEW.unit_path), -1)::text AS id) u
    WHERE EXISTS (SELECT FROM filled_reports r WHERE r.unit_id = u.id) OR EXISTS (SELECT FROM waived_reports r WHERE r.unit_id = u.id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION note_changed_catalogue() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO changed_catalogues (unit_id)
    SELECT u.id FROM (SELECT subpath(acting_path(NEW.unit_path), -1)::text AS id) u
    WHERE EXISTS (SELECT FROM filled_reports r WHERE r.unit_id = u.id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
DROP TABLE waived_reports;

-- +goose Up

-- +goose StatementBegin
-- What a unit had when it ended is inspected by who acts for it since, so that its tables have changed (T9).
CREATE FUNCTION note_changed_by_end() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO changed_catalogues (unit_id)
    SELECT u.id FROM (SELECT subpath(acting_path(NEW.path), -1)::text AS id) u
    WHERE EXISTS (SELECT FROM filled_reports r WHERE r.unit_id = u.id) OR EXISTS (SELECT FROM waived_reports r WHERE r.unit_id = u.id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER note_changed_by_end AFTER INSERT ON ended_units FOR EACH ROW EXECUTE FUNCTION note_changed_by_end();

-- +goose Down
DROP TRIGGER note_changed_by_end ON ended_units;
DROP FUNCTION note_changed_by_end;

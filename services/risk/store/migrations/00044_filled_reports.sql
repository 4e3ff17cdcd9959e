-- +goose Up

-- Reports of network whose tables were filled from the register, with what the table held (T9).
CREATE TABLE filled_reports (
    report       text PRIMARY KEY,
    unit_id      text NOT NULL,
    last_day     date NOT NULL, -- of its period
    table_sha256 text NOT NULL
);
CREATE INDEX filled_reports_unit ON filled_reports (unit_id);

-- Units with such reports whose risk points in force have changed since. Rows are only added, so that no change waits for another.
CREATE TABLE changed_catalogues (
    id      bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    unit_id text   NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION note_changed_catalogue() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO changed_catalogues (unit_id)
    SELECT u.id FROM (SELECT subpath(acting_path(NEW.unit_path), -1)::text AS id) u
    WHERE EXISTS (SELECT FROM filled_reports r WHERE r.unit_id = u.id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER note_changed_catalogue AFTER INSERT OR UPDATE OF replaced_on ON risk_point_versions
FOR EACH ROW EXECUTE FUNCTION note_changed_catalogue();

-- +goose Down
DROP TRIGGER note_changed_catalogue ON risk_point_versions;
DROP FUNCTION note_changed_catalogue;
DROP TABLE changed_catalogues, filled_reports;

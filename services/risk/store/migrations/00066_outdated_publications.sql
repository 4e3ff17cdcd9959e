-- +goose Up

-- What is public, or was withdrawn so, and shows no longer what is in force, and when its unit is reminded to publish anew (T12, J1).
ALTER TABLE publications
    ADD COLUMN outdated boolean NOT NULL GENERATED ALWAYS AS (
        body ? 'outdatedOn' AND NOT body ? 'supersededBy'
        AND body ->> 'state' IN ('PUBLICATION_STATE_PUBLICISED', 'PUBLICATION_STATE_WITHDRAWN')) STORED,
    ADD COLUMN renew_remind_on date GENERATED ALWAYS AS (date_of(body ->> 'renewRemindOn')) STORED;
CREATE INDEX publications_outdated ON publications (unit_path, key) WHERE outdated;
CREATE INDEX publications_renew_remind ON publications (renew_remind_on) WHERE renew_remind_on IS NOT NULL;

-- Where what is in force of a register has changed since a job last looked. Rows are only added, so that no change waits for
-- another, nor for who holds a publication.
CREATE TABLE register_changes (
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    collection text   NOT NULL,
    path_then  ltree  NOT NULL -- where the entry was in force, or is
);

-- Publications that the job is to compare with what is in force.
CREATE TABLE publications_to_compare (
    collection text NOT NULL,
    region     text NOT NULL,
    key        text NOT NULL,
    PRIMARY KEY (collection, region, key)
);

-- +goose StatementBegin
CREATE FUNCTION note_register_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO register_changes (collection, path_then) VALUES (TG_ARGV[0], NEW.unit_path);
    ELSIF OLD.replaced_on = 'infinity' THEN
        INSERT INTO register_changes (collection, path_then)
        SELECT TG_ARGV[0], p FROM (SELECT OLD.unit_path UNION SELECT NEW.unit_path) AS n (p);
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER note_register_change AFTER INSERT OR UPDATE OF unit_path, replaced_on ON power_item_versions
FOR EACH ROW EXECUTE FUNCTION note_register_change('powerItems');
CREATE TRIGGER note_register_change AFTER INSERT OR UPDATE OF unit_path, replaced_on ON risk_point_versions
FOR EACH ROW EXECUTE FUNCTION note_register_change('riskPoints');

-- +goose Down
DROP TRIGGER note_register_change ON risk_point_versions;
DROP TRIGGER note_register_change ON power_item_versions;
DROP FUNCTION note_register_change;
DROP TABLE publications_to_compare, register_changes;
ALTER TABLE publications DROP COLUMN renew_remind_on, DROP COLUMN outdated;

-- +goose Up

-- The units whose inboxes a warning is in: those of its addressees.
CREATE TABLE warning_addressees (
    region    text    NOT NULL,
    key       text    NOT NULL,
    number    integer NOT NULL,             -- of the addressee in the warning
    unit_path ltree   NOT NULL,
    PRIMARY KEY (region, key, number)
);
CREATE INDEX warning_addressees_unit ON warning_addressees USING gist (unit_path);
INSERT INTO warning_addressees SELECT region, key, 1, unit_path FROM warnings;

-- The paths of the units that act for the addressees of a warning, in their order, with blanks between.
CREATE FUNCTION addressee_paths(region text, key text) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT string_agg(acting_path(a.unit_path)::text, ' ' ORDER BY a.number)
    FROM warning_addressees a WHERE a.region = $1 AND a.key = $2
$$;

-- +goose Down
DROP FUNCTION addressee_paths;
DROP TABLE warning_addressees;

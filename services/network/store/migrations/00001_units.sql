-- +goose Up

-- Pairs of neighbouring characters of a title, and its last character: Chinese has no blanks to find words by, and trigrams
-- find nothing for the one or two characters that people type.
CREATE FUNCTION bigrams(title text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(ARRAY(SELECT substr(title, i, 2) FROM generate_series(1, length(title)) AS i));

-- The tree, effective-dated: a unit has one row for each span of days in which nothing about it changed.
CREATE TABLE units (
    unit_id            text             NOT NULL,
    valid_from         date             NOT NULL,
    valid_to           date             NOT NULL DEFAULT '9999-12-31',   -- first day it no longer holds
    title              text             NOT NULL,
    title_form         text             NOT NULL,                        -- normal form of the title, which searches go by
    kind               text COLLATE "C" NOT NULL,
    level              smallint         NOT NULL,                        -- the proto's number, since levels have an order
    division_code      text             NOT NULL,
    parent_id          text             NOT NULL,                        -- empty for the root
    system_parent_id   text             NOT NULL,
    region             text             NOT NULL,
    path               ltree            NOT NULL,                        -- ids from the root to the unit itself
    responsible_office text             NOT NULL,
    first_responsible  text             NOT NULL,
    leader_in_charge   text             NOT NULL DEFAULT '',
    sort               text             NOT NULL DEFAULT '',
    change_key         text             NOT NULL DEFAULT '',             -- tree change that it began with; empty for the creation
    PRIMARY KEY (unit_id, valid_from),
    CHECK (valid_from < valid_to),
    -- Siblings have titles of their own. This stops two that come at the same time; what is planned is checked by SameTitled.
    CONSTRAINT units_title EXCLUDE USING btree (parent_id WITH =, title_form WITH =)
        WHERE (valid_to = '9999-12-31') DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX units_current ON units (unit_id) WHERE valid_to = '9999-12-31';
CREATE UNIQUE INDEX units_root ON units ((true)) WHERE parent_id = '' AND valid_to = '9999-12-31';
CREATE UNIQUE INDEX units_code ON units (division_code) WHERE division_code <> '' AND valid_to = '9999-12-31';
-- With units_code, which holds those without an end: who has a code on some day to come.
CREATE INDEX units_code_ending ON units (division_code, valid_to) WHERE division_code <> '' AND valid_to <> '9999-12-31';
CREATE INDEX units_division ON units (division_code text_pattern_ops) WHERE division_code <> '';
CREATE INDEX units_path ON units (path);
CREATE INDEX units_part ON units (level, kind, path);
CREATE INDEX units_children ON units (parent_id, title_form);
CREATE INDEX units_system ON units (system_parent_id) WHERE system_parent_id <> '';
CREATE INDEX units_bigrams ON units USING gin (bigrams(title_form));
CREATE INDEX units_changed ON units (valid_from) WHERE change_key <> '';

-- How often what stood in the tree was changed: who looked something up at a revision knows whether it still holds. New units change
-- nothing that stood there.
CREATE TABLE tree_revision (revision bigint NOT NULL);
INSERT INTO tree_revision VALUES (0);

-- +goose StatementBegin
CREATE FUNCTION count_tree_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE tree_revision SET revision = revision + 1;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER tree_revised AFTER UPDATE OR DELETE ON units FOR EACH STATEMENT EXECUTE FUNCTION count_tree_revision();

-- +goose StatementBegin
-- Refuses, with a state of our own, to go on at another revision than this one.
CREATE FUNCTION require_tree_revision(expected bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF expected <> (SELECT revision FROM tree_revision) THEN
        RAISE 'the tree has changed' USING ERRCODE = 'QF001';
    END IF;
END
$$;
-- +goose StatementEnd

-- The versions of a unit that reach a day or begin later, as one value.
CREATE FUNCTION versions_from(unit text, day date) RETURNS jsonb
LANGUAGE sql STABLE
RETURN (SELECT coalesce(jsonb_agg(u ORDER BY u.valid_from), '[]') FROM units u WHERE u.unit_id = unit AND u.valid_to >= day);

-- +goose Down
DROP FUNCTION versions_from, require_tree_revision;
DROP TABLE units, tree_revision;
DROP FUNCTION count_tree_revision;
DROP FUNCTION bigrams;

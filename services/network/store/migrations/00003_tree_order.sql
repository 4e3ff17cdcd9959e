-- +goose Up

-- ltree sorts a tree in its own order, each unit before those below it, so a subtree is one range of a btree: from its top to
-- before the top's label with a 0 added, the first label that can follow. Such an index costs less than gist, gives lists in
-- tree order without sorting, and serves a keyset page as a range. The function is inlined into the query (ADR 017).
CREATE FUNCTION in_subtree(path ltree, top ltree) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN path >= top AND path < (top::text || '0')::ltree;

-- Pairs of neighbouring characters of a title, and its last character: Chinese has no blanks to find words by, and trigrams
-- find nothing for the one or two characters that people type.
CREATE FUNCTION grams(title text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(ARRAY(SELECT substr(title, i, 2) FROM generate_series(1, length(title)) AS i));

DROP INDEX units_path;
CREATE INDEX units_path ON units (path);
CREATE INDEX units_part ON units (level, kind, path);
CREATE INDEX units_children ON units (parent_id);
CREATE INDEX units_division ON units (division_code text_pattern_ops) WHERE division_code <> '';
CREATE INDEX units_grams ON units USING gin (grams(title));

-- +goose Down
DROP INDEX units_path, units_part, units_children, units_division, units_grams;
CREATE INDEX units_path ON units USING gist (path);
DROP FUNCTION grams(text), in_subtree(ltree, ltree);

-- +goose Up

-- Up to which move of the tree the paths of a service's records are final; see package follow.
CREATE TABLE applied_moves (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    seq       bigint  NOT NULL
);
INSERT INTO applied_moves (seq) VALUES (0);

-- Units that have ended. Their paths follow like those of records, so that whoever has the records since stands above.
CREATE TABLE ended_units (
    unit_id  text  PRIMARY KEY,
    ended_on date  NOT NULL,                -- first day without it
    path     ltree NOT NULL,
    above_id text  NOT NULL GENERATED ALWAYS AS (CASE WHEN nlevel(path) > 1 THEN subpath(path, -2, 1)::text ELSE '' END) STORED
);
CREATE INDEX ended_units_above ON ended_units (above_id);

-- ltree sorts a tree in its own order, each unit before those below it, so a subtree is one range of a btree: from its top to
-- before the top's label with a 0 added, the first label that can follow. Such an index costs less than gist, gives lists in
-- tree order without sorting, and serves a keyset page as a range. The function is inlined into the query (ADR 017).
CREATE FUNCTION in_subtree(path ltree, top ltree) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN path >= top AND path < (top::text || '0')::ltree;

-- The path of the unit that acts for the records under a path, on a day: the nearest on it, from its end upwards, that has not
-- ended. A subquery, not a join: units are looked up one by one, never all read.
CREATE FUNCTION acting_path(path ltree, day date DEFAULT 'infinity') RETURNS ltree
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT subpath($1, 0, n) FROM generate_series(nlevel($1), 1, -1) AS n
    WHERE (SELECT e.ended_on <= $2 FROM ended_units e WHERE e.unit_id = subpath($1, n - 1, 1)::text) IS NOT TRUE
    ORDER BY n DESC LIMIT 1
$$;

-- Whose records count for which of some units, at the end of a day: each one's own, and those of the ended units it acts for.
-- It goes down from the units asked for, so that it costs what they act for, not what ever ended.
CREATE FUNCTION acted_for(unit_ids text[], day date) RETURNS TABLE (unit_id text, acting_id text)
LANGUAGE sql STABLE ROWS 100 SET search_path FROM CURRENT AS $$
    WITH RECURSIVE ended AS (
        SELECT e.unit_id, e.above_id AS acting_id FROM ended_units e
        WHERE e.above_id = ANY ($1) AND e.ended_on <= $2
          AND (SELECT a.ended_on <= $2 FROM ended_units a WHERE a.unit_id = e.above_id) IS NOT TRUE
        UNION
        SELECT e.unit_id, d.acting_id FROM ended d JOIN ended_units e ON e.above_id = d.unit_id WHERE e.ended_on <= $2
    )
    SELECT u, u FROM unnest($1) AS u UNION ALL SELECT * FROM ended
$$;

-- The paths of a unit and of those above it, and of the ended units that they act for.
CREATE FUNCTION acted_above(target ltree) RETURNS ltree[]
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH RECURSIVE ended AS (
        SELECT e.unit_id FROM ended_units e WHERE e.above_id = ANY (string_to_array($1::text, '.'))
        UNION
        SELECT e.unit_id FROM ended d JOIN ended_units e ON e.above_id = d.unit_id
    )
    SELECT ARRAY(SELECT subpath($1, 0, n) FROM generate_series(1, nlevel($1)) AS n
                 UNION ALL SELECT e.path FROM ended d JOIN ended_units e USING (unit_id))
$$;

-- +goose Down
DROP FUNCTION acted_above, acted_for, acting_path, in_subtree;
DROP TABLE ended_units, applied_moves;

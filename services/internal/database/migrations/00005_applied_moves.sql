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
    path     ltree NOT NULL
);

-- The path of the unit that acts for the records under a path, on a day: the nearest on it, from its end upwards, that has not
-- ended.
CREATE FUNCTION acting_path(path ltree, day date DEFAULT 'infinity') RETURNS ltree
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT subpath($1, 0, n) FROM generate_series(nlevel($1), 1, -1) AS n
    WHERE NOT EXISTS (SELECT FROM ended_units e WHERE e.unit_id = subpath($1, n - 1, 1)::text AND e.ended_on <= $2)
    ORDER BY n DESC LIMIT 1
$$;

-- Whose records count for which of some units, at the end of a day: each one's own, and those of the ended units it acts for.
CREATE FUNCTION acted_for(unit_ids text[], day date) RETURNS TABLE (unit_id text, acting_id text)
LANGUAGE sql STABLE ROWS 100 SET search_path FROM CURRENT AS $$
    SELECT u, u FROM unnest($1) AS u
    UNION ALL
    SELECT e.unit_id, subpath(a.path, -1)::text FROM ended_units e CROSS JOIN LATERAL (SELECT acting_path(e.path, $2)) AS a (path)
    WHERE e.ended_on <= $2 AND subpath(a.path, -1)::text = ANY ($1)
$$;

-- The paths of a unit and of those above it, and of the ended units that they act for.
CREATE FUNCTION acted_above(target ltree) RETURNS ltree[]
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT ARRAY(SELECT subpath($1, 0, n) FROM generate_series(1, nlevel($1)) AS n
                 UNION ALL SELECT e.path FROM ended_units e WHERE acting_path(e.path) @> $1)
$$;

-- +goose Down
DROP FUNCTION acted_above, acted_for, acting_path;
DROP TABLE ended_units, applied_moves;

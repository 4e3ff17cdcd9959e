-- +goose Up

-- +goose StatementBegin
-- Who answers on a day for an office that a unit gave to somebody at a path: that unit as long as it is above on either line, or is
-- the unit served; else who stands in its place: the nearest above on the line on which it stood that is of its level or higher.
CREATE FUNCTION stands_for(place ltree, appointer text, day date) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH RECURSIVE line AS (
        SELECT l.unit_id, l.depth FROM unnest(string_to_array(place::text, '.')) WITH ORDINALITY AS l (unit_id, depth)),
    system AS (
        SELECT u.system_parent_id AS unit_id, l.depth, 1 AS steps
        FROM line l JOIN units u ON u.unit_id = l.unit_id AND u.valid_from <= day AND day < u.valid_to
        WHERE u.system_parent_id <> ''
        UNION
        SELECT u.system_parent_id, s.depth, s.steps + 1
        FROM system s JOIN units u ON u.unit_id = s.unit_id AND u.valid_from <= day AND day < u.valid_to
        WHERE u.system_parent_id <> ''),
    above AS (
        SELECT l.unit_id, l.depth, 0 AS steps, false AS in_system FROM line l WHERE l.depth < nlevel(place)
        UNION ALL
        SELECT s.unit_id, s.depth, s.steps, true FROM system s),
    former AS (
        SELECT u.level, EXISTS (SELECT FROM line l CROSS JOIN LATERAL system_above(l.unit_id) a WHERE a.unit_id = appointer)
            AND NOT EXISTS (SELECT FROM line l JOIN units p ON p.unit_id = l.unit_id
                            WHERE appointer = ANY (string_to_array(p.path::text, '.'))) AS in_system
        FROM units u WHERE u.unit_id = appointer ORDER BY u.valid_from DESC LIMIT 1)
    SELECT CASE
        WHEN appointer IN (SELECT l.unit_id FROM line l UNION ALL SELECT s.unit_id FROM system s) THEN appointer
        ELSE coalesce((
            SELECT a.unit_id FROM former f CROSS JOIN above a
            JOIN units u ON u.unit_id = a.unit_id AND u.valid_from <= day AND day < u.valid_to
            ORDER BY (a.in_system = f.in_system) DESC, (u.level <= f.level) DESC, a.depth DESC, a.steps LIMIT 1), appointer)
        END
$$;
-- +goose StatementEnd

-- Tips about a post: what becomes of them when it is said whose post it is.
CREATE INDEX tips_posts ON tips (unit_id) WHERE body #>> '{content,position}' <> '';

-- +goose Down
DROP INDEX tips_posts;
DROP FUNCTION stands_for;

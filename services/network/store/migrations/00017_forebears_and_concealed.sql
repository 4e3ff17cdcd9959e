-- +goose Up

-- +goose StatementBegin
-- Each of some units, and all that became it by a day: by merger or split, or because it has their records since. A unit that
-- ever stood above another is not what the other became, though it takes it over: what it handled of the other stays with it.
CREATE OR REPLACE FUNCTION forebears(unit_ids text[], day date) RETURNS TABLE (unit_id text, forebear_id text)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH RECURSIVE line AS (
        SELECT u.id AS unit_id, u.id AS forebear_id FROM unnest(unit_ids) AS u (id)
        UNION
        SELECT l.unit_id, b.unit_id
        FROM line l
        CROSS JOIN LATERAL (SELECT s.unit_id FROM unit_successions s WHERE s.successor_id = l.forebear_id
                            UNION SELECT h.unit_id FROM unit_ends h WHERE h.heir_id = l.forebear_id) b
        LEFT JOIN unit_ends e ON e.unit_id = b.unit_id AND e.heir_id = l.forebear_id
        WHERE e.unit_id IS NULL OR e.ended_on <= day AND NOT EXISTS (
            SELECT FROM units p WHERE p.unit_id = e.unit_id AND l.forebear_id = ANY (string_to_array(p.path::text, '.')))
    )
    SELECT line.unit_id, line.forebear_id FROM line
$$;
-- +goose StatementEnd

-- Tips that are concealed from some unit, by themselves: of a whole unit, or of one child, their lines are many and of no use.
DROP VIEW concealed_lines;
CREATE VIEW concealed_tips AS
SELECT month_of(t.receive_time) AS month, t.subject_area COLLATE "C" AS subject_area,
       c.received, c.returned, c.accepted, c.closed, c.urgents AS urgent, c.unfoundeds AS unfounded,
       t.concealed_from, string_to_array(ltree2text(t.handling_path_then), '.') AS counted_in,
       string_to_array(ltree2text(t.unit_path_then), '.') AS towards
FROM tips t, tip_counts(t.state, t.urgent, t.unfounded) AS c (received, returned, accepted, closed, urgents, unfoundeds)
WHERE t.concealed_from <> '[]' AND (t.handling_path_then = t.unit_path_then OR t.concealed_from - ('units/' || t.unit_id) <> '[]' OR NOT t.handling_path_then @> t.unit_path_then);

-- +goose Down

DROP VIEW concealed_tips;
CREATE VIEW concealed_lines AS
SELECT l.unit_id, month_of(t.receive_time) AS month, l.child_id COLLATE "C" AS child_id, t.subject_area COLLATE "C" AS subject_area,
       c.received, c.returned, c.accepted, c.closed, c.urgents AS urgent, c.unfoundeds AS unfounded,
       t.concealed_from, string_to_array(ltree2text(t.handling_path_then), '.') AS counted_in
FROM tips t, tip_counts(t.state, t.urgent, t.unfounded) AS c (received, returned, accepted, closed, urgents, unfoundeds), roll_up_lines(t.handling_path_then, t.unit_path_then) AS l (unit_id, child_id)
WHERE t.concealed_from <> '[]' AND (t.handling_path_then = t.unit_path_then OR t.concealed_from - ('units/' || t.unit_id) <> '[]' OR NOT t.handling_path_then @> t.unit_path_then);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION forebears(unit_ids text[], day date) RETURNS TABLE (unit_id text, forebear_id text)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH RECURSIVE line AS (
        SELECT u.id AS unit_id, u.id AS forebear_id FROM unnest(unit_ids) AS u (id)
        UNION
        SELECT l.unit_id, b.unit_id
        FROM line l
        CROSS JOIN LATERAL (SELECT s.unit_id FROM unit_successions s WHERE s.successor_id = l.forebear_id
                            UNION SELECT h.unit_id FROM unit_ends h WHERE h.heir_id = l.forebear_id) b
        LEFT JOIN unit_ends e ON e.unit_id = b.unit_id AND e.heir_id = l.forebear_id
        LEFT JOIN units p ON p.unit_id = e.unit_id AND p.valid_to = e.ended_on
        WHERE e.unit_id IS NULL OR e.ended_on <= day AND l.forebear_id <> ALL (string_to_array(p.path::text, '.'))
    )
    SELECT line.unit_id, line.forebear_id FROM line
$$;
-- +goose StatementEnd

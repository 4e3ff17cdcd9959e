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

-- +goose Down

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

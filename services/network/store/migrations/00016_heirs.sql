-- +goose Up

-- +goose StatementBegin
-- The units that ended on some days, and who acts for each on the last of these days: its heir, or the heir's heir.
CREATE FUNCTION heirs(since date, day date) RETURNS TABLE (unit_id text, heir_id text)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH RECURSIVE line AS (
        SELECT e.unit_id, e.heir_id FROM unit_ends e WHERE e.ended_on BETWEEN since AND day
        UNION
        SELECT l.unit_id, e.heir_id FROM line l JOIN unit_ends e ON e.unit_id = l.heir_id AND e.ended_on <= day)
    SELECT l.unit_id, l.heir_id FROM line l
    WHERE NOT EXISTS (SELECT FROM unit_ends e WHERE e.unit_id = l.heir_id AND e.ended_on <= day)
$$;
-- +goose StatementEnd

-- Officers go on with the heir of the unit they serve in, and of the one that appointed them; so do their points.
UPDATE officers o SET unit_id = h.heir_id
FROM heirs('-infinity', (now() AT TIME ZONE 'Asia/Shanghai')::date) h WHERE o.unit_id = h.unit_id;
UPDATE officers o SET appointing_id = h.heir_id
FROM heirs('-infinity', (now() AT TIME ZONE 'Asia/Shanghai')::date) h WHERE o.appointing_id = h.unit_id;
UPDATE officer_points p SET appointing_id = h.heir_id
FROM heirs('-infinity', (now() AT TIME ZONE 'Asia/Shanghai')::date) h WHERE p.appointing_id = h.unit_id;

-- +goose Down
DROP FUNCTION heirs;

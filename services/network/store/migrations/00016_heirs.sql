-- +goose Up

-- +goose StatementBegin
-- The units that ended on some days, and who acts for each on the last of these days: its heir, or the heir's heir.
CREATE FUNCTION heirs(since date, day date) RETURNS TABLE (unit_id text, heir_id text)
LANGUAGE sql STABLE ROWS 10 SET search_path FROM CURRENT AS $$
    WITH RECURSIVE line AS (
        SELECT e.unit_id, e.heir_id FROM unit_ends e WHERE e.ended_on BETWEEN since AND day
        UNION
        SELECT l.unit_id, e.heir_id FROM line l JOIN unit_ends e ON e.unit_id = l.heir_id AND e.ended_on <= day)
    SELECT l.unit_id, l.heir_id FROM line l
    WHERE NOT EXISTS (SELECT FROM unit_ends e WHERE e.unit_id = l.heir_id AND e.ended_on <= day)
$$;
-- +goose StatementEnd

-- Officers go on with the heir of the unit they serve in, and of the one that appointed them; so do their points.
UPDATE officers o SET unit_id = h.heir_id, unit_path = u.path
FROM heirs('-infinity', (now() AT TIME ZONE 'Asia/Shanghai')::date) h
JOIN units u ON u.unit_id = h.heir_id
    AND (now() AT TIME ZONE 'Asia/Shanghai')::date >= u.valid_from AND (now() AT TIME ZONE 'Asia/Shanghai')::date < u.valid_to
WHERE o.unit_id = h.unit_id;
UPDATE officers o SET appointing_id = h.heir_id
FROM heirs('-infinity', (now() AT TIME ZONE 'Asia/Shanghai')::date) h WHERE o.appointing_id = h.unit_id;
UPDATE officer_points p SET appointing_id = h.heir_id
FROM heirs('-infinity', (now() AT TIME ZONE 'Asia/Shanghai')::date) h WHERE p.appointing_id = h.unit_id;

CREATE INDEX messages_path ON messages USING gist (unit_path);   -- messages follow their units
CREATE INDEX contact_points_path ON contact_points USING gist (unit_path);

-- +goose Down
DROP INDEX messages_path, contact_points_path;
DROP FUNCTION heirs;

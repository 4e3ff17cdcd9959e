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

CREATE INDEX messages_path ON messages USING gist (unit_path);   -- messages follow their units
CREATE INDEX contact_points_path ON contact_points USING gist (unit_path);

-- +goose Down
DROP INDEX messages_path, contact_points_path;
DROP FUNCTION heirs;

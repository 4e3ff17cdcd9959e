-- +goose Up

-- +goose StatementBegin
-- Each of some units, and all that became it by a day: by merger or split, or because it has their records since. A unit that
-- ever stood above another is not what the other became, though it takes it over: what it handled of the other stays with it.
-- Every reading of a tip asks this. To plan it takes far longer than to run it, so that its plan is kept.
CREATE FUNCTION predecessors(unit_ids text[], day date) RETURNS TABLE (unit_id text, predecessor_id text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY WITH RECURSIVE line AS (
        SELECT u.id AS unit_id, u.id AS predecessor_id FROM unnest(unit_ids) AS u (id)
        UNION
        SELECT l.unit_id, b.unit_id
        FROM line l
        CROSS JOIN LATERAL (SELECT s.unit_id FROM unit_successions s WHERE s.successor_id = l.predecessor_id
                            UNION SELECT h.unit_id FROM unit_ends h WHERE h.heir_id = l.predecessor_id) b
        LEFT JOIN unit_ends e ON e.unit_id = b.unit_id AND e.heir_id = l.predecessor_id
        WHERE e.unit_id IS NULL OR e.ended_on <= day AND NOT EXISTS (
            SELECT FROM units p WHERE p.unit_id = e.unit_id AND l.predecessor_id = ANY (string_to_array(p.path::text, '.')))
    )
    SELECT line.unit_id, line.predecessor_id FROM line;
END
$$;
-- +goose StatementEnd

-- Every tip that is concealed from some unit, on all its lines: what a roll-up takes away for a reader. The index finds the few
-- that are concealed from the reader and counted in the unit asked about; a list of pending entries would be read each time.
CREATE VIEW concealed_lines AS
SELECT l.unit_id, month_of(t.receive_time) AS month, l.child_id COLLATE "C" AS child_id, t.subject_area COLLATE "C" AS subject_area,
       c.received, c.returned, c.accepted, c.closed, c.urgents AS urgent, c.unfoundeds AS unfounded,
       t.concealed_from, string_to_array(ltree2text(t.handling_path_then), '.') AS counted_in
FROM tips t, tip_counts(t.state, t.urgent, t.unfounded) AS c (received, returned, accepted, closed, urgents, unfoundeds), roll_up_lines(t.handling_path_then, t.unit_path_then) AS l (unit_id, child_id)
WHERE t.concealed_from <> '[]';
CREATE INDEX tips_concealed ON tips USING gin (concealed_from, string_to_array(ltree2text(handling_path_then), '.'))
    WITH (fastupdate = off) WHERE concealed_from <> '[]';

-- The version of a scheme that opened a report goes on reminding of it, whatever the scheme becomes. Few of many reports are
-- unsent.
ALTER TABLE reports ADD COLUMN scheme_version text NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'schemeVersion', '')) STORED;
CREATE INDEX reports_owed ON reports (scheme_version, schedule_id, close_on, period, open_on) WHERE submit_on IS NULL AND NOT exempted;
DROP INDEX reports_closing;

-- An inquiry is listed where its point lies and, should a split have parted the two, where the unit that opened it lies.
CREATE INDEX inquiries_opener ON inquiries USING gist (unit_path);

-- +goose Down
DROP INDEX inquiries_opener;
CREATE INDEX reports_closing ON reports (schedule_id, close_on, period, open_on, state);
DROP INDEX reports_owed;
ALTER TABLE reports DROP COLUMN scheme_version;
DROP INDEX tips_concealed;
DROP VIEW concealed_lines;
DROP FUNCTION predecessors;

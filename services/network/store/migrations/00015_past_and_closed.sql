-- +goose Up

-- What did not come to the unit it is about is concealed from that unit too. Which unit it came to says the tip itself; one from
-- before it did says it by the first that passed it on, or that still has it.
DROP INDEX tips_concealed;
DROP VIEW concealed_lines;
ALTER TABLE tips DROP COLUMN concealed_from;
ALTER TABLE tips ADD COLUMN concealed_from jsonb NOT NULL GENERATED ALWAYS AS (
    CASE WHEN coalesce((body #>> '{content,aboutLeaders}')::boolean, false)
           OR coalesce(body ->> 'firstUnit', body #>> '{referrals,0,fromUnit}', body ->> 'handlingUnit') <> body #>> '{content,unit}'
         THEN jsonb_path_query_array(body, '$.content.unit') ELSE '[]' END
    || jsonb_path_query_array(body, '$.referrals[*] ? (@.recused == true).fromUnit')) STORED;

-- As before, with the tips that went past and came to lie elsewhere. What is still above the unit it is about counts nowhere that
-- this unit reads, and that is most tips: they stay out of the index.
CREATE VIEW concealed_lines AS
SELECT l.unit_id, month_of(t.receive_time) AS month, l.child_id COLLATE "C" AS child_id, t.subject_area COLLATE "C" AS subject_area,
       c.received, c.returned, c.accepted, c.closed, c.urgents AS urgent, c.unfoundeds AS unfounded,
       t.concealed_from, string_to_array(ltree2text(t.handling_path_then), '.') AS counted_in
FROM tips t, tip_counts(t.state, t.urgent, t.unfounded) AS c (received, returned, accepted, closed, urgents, unfoundeds), roll_up_lines(t.handling_path_then, t.unit_path_then) AS l (unit_id, child_id)
WHERE t.concealed_from <> '[]' AND (t.handling_path_then = t.unit_path_then OR t.concealed_from - ('units/' || t.unit_id) <> '[]' OR NOT t.handling_path_then @> t.unit_path_then);
CREATE INDEX tips_concealed ON tips USING gin (concealed_from, string_to_array(ltree2text(handling_path_then), '.'))
    WITH (fastupdate = off)
    WHERE concealed_from <> '[]' AND (handling_path_then = unit_path_then OR concealed_from - ('units/' || unit_id) <> '[]' OR NOT handling_path_then @> unit_path_then);

-- When a tip was closed: reports count also what was closed in their period and had come before it. Of tips closed earlier it is
-- not known.
ALTER TABLE tips ADD COLUMN close_time timestamptz;
CREATE INDEX tips_closed ON tips (close_time) WHERE close_time IS NOT NULL;

-- +goose Down
ALTER TABLE tips DROP COLUMN close_time;
DROP INDEX tips_concealed;
DROP VIEW concealed_lines;
ALTER TABLE tips DROP COLUMN concealed_from;
ALTER TABLE tips ADD COLUMN concealed_from jsonb NOT NULL GENERATED ALWAYS AS (
    jsonb_path_query_array(body, '$.content ? (@.aboutLeaders == true).unit')
    || jsonb_path_query_array(body, '$.referrals[*] ? (@.recused == true).fromUnit')) STORED;
CREATE VIEW concealed_lines AS
SELECT l.unit_id, month_of(t.receive_time) AS month, l.child_id COLLATE "C" AS child_id, t.subject_area COLLATE "C" AS subject_area,
       c.received, c.returned, c.accepted, c.closed, c.urgents AS urgent, c.unfoundeds AS unfounded,
       t.concealed_from, string_to_array(ltree2text(t.handling_path_then), '.') AS counted_in
FROM tips t, tip_counts(t.state, t.urgent, t.unfounded) AS c (received, returned, accepted, closed, urgents, unfoundeds), roll_up_lines(t.handling_path_then, t.unit_path_then) AS l (unit_id, child_id)
WHERE t.concealed_from <> '[]';
CREATE INDEX tips_concealed ON tips USING gin (concealed_from, string_to_array(ltree2text(handling_path_then), '.'))
    WITH (fastupdate = off) WHERE concealed_from <> '[]';

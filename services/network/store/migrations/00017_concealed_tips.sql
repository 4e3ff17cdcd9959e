-- +goose Up
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

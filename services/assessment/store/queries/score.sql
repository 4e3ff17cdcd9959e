-- name: SaveScores :exec
-- Stores the scores of many units; those of an earlier scoring are replaced.
INSERT INTO scores (region, round_key, body)
SELECT @region, @round_key, unnest(@bodies::jsonb[])
ON CONFLICT (region, round_key, unit_id) DO UPDATE SET body = excluded.body;

-- name: GetScore :one
SELECT body FROM scores WHERE region = @region AND round_key = @round_key AND unit_id = @unit_id;

-- name: ListScores :many
-- The best first; of equals, by unit. The rank of a score is its hundredths, negated. Bodies, which name records by the
-- thousand, are left out.
SELECT unit_id, hundredths, grade FROM scores
WHERE region = @region AND round_key = @round_key AND (-hundredths, unit_id) > (@after_rank::integer, @after_unit::text)
ORDER BY -hundredths, unit_id
LIMIT @page_size;

-- name: ListResults :many
-- What every unit of a round reached, by the title that it had as the round was opened.
SELECT s.unit_id, u.title, s.hundredths, s.grade
FROM scores s JOIN round_units u USING (region, round_key, unit_id)
WHERE s.region = @region AND s.round_key = @round_key ORDER BY s.unit_id;

-- name: DeleteScores :exec
DELETE FROM scores WHERE region = @region AND round_key = @round_key;

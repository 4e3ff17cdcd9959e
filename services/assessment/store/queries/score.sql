-- name: SaveScores :exec
-- Stores the scores of many units; those of an earlier scoring are replaced.
INSERT INTO scores (round_key, unit_id, hundredths, grade, body)
SELECT @round_key, unnest(@unit_ids::text[]), unnest(@hundredths::integer[]), unnest(@grades::text[]), unnest(@bodies::jsonb[])
ON CONFLICT (round_key, unit_id) DO UPDATE SET hundredths = excluded.hundredths, grade = excluded.grade, body = excluded.body;

-- name: GetScore :one
SELECT body FROM scores WHERE round_key = @round_key AND unit_id = @unit_id;

-- name: ListScores :many
-- The best first; of equals, by unit. The rank of a score is its hundredths, negated. Bodies, which name records by the thousand, are left out.
SELECT unit_id, hundredths, grade FROM scores
WHERE round_key = @round_key AND (-hundredths, unit_id) > (@after_rank::integer, @after_unit::text)
ORDER BY -hundredths, unit_id
LIMIT @page_size;

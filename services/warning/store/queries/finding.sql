-- name: SaveFindings :exec
-- Stores what a unit found, in place of what has the same key.
INSERT INTO findings (region, key, unit_path, create_time, body)
SELECT @region, f.key, @unit_path, @create_time::timestamptz, f.body
FROM (SELECT unnest(@keys::text[]) AS key, unnest(@bodies::jsonb[]) AS body) AS f
ON CONFLICT (region, key) DO UPDATE
SET unit_path = excluded.unit_path, body = excluded.body, revision = findings.revision + 1;

-- name: DropFindings :exec
-- Takes away what a unit found in a period and does not find any more, save what has led to a warning or a referral.
DELETE FROM findings f
WHERE f.unit_id = @unit_id AND f.key >= @first::text AND f.key < @first::text || '~' AND f.period = @period AND f.key <> ALL (@kept::text[])
  AND NOT EXISTS (SELECT FROM warnings w WHERE w.finding = 'findings/' || f.region || '-' || f.key AND w.finding <> '')
  AND NOT EXISTS (SELECT FROM referrals r WHERE r.findings @> to_jsonb('findings/' || f.region || '-' || f.key));

-- name: FoundBefore :many
-- What a unit found of its classes in the months from a key on and before another.
SELECT finding_class, about_id, subject_area, period FROM findings
WHERE unit_id = @unit_id AND key >= @from_key::text AND key < @before_key::text AND finding_class <> ''
ORDER BY key;

-- name: TimesFound :many
-- In how many of some periods, which lie between two keys, a unit found something of a unit and a subject area.
SELECT about_id, subject_area, count(DISTINCT period)::integer AS times FROM findings
WHERE unit_id = @unit_id AND key >= @from_key::text AND key < @before_key::text AND period = ANY (@periods::text[])
GROUP BY about_id, subject_area;

-- name: FindingsOf :many
-- What a unit found in a period, that of the most tips first.
SELECT body FROM findings
WHERE unit_id = @unit_id AND key >= @first::text AND key < @first::text || '~' AND period = @period
ORDER BY (body #>> '{count,tips}')::bigint DESC NULLS LAST, key
LIMIT @most;

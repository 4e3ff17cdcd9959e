-- name: SaveFindings :exec
-- Stores what a unit found, in place of what has the same key, whose handling stays as it is.
INSERT INTO findings (region, key, unit_path, create_time, body)
SELECT @region, f.key, @unit_path, @create_time::timestamptz, f.body
FROM (SELECT unnest(@keys::text[]) AS key, unnest(@bodies::jsonb[]) AS body) AS f
ON CONFLICT (region, key) DO UPDATE
SET unit_path = excluded.unit_path, body = excluded.body - @handling::text[] || (
        SELECT coalesce(jsonb_object_agg(h.key, h.value), '{}') FROM jsonb_each(findings.body) h WHERE h.key = ANY (@handling::text[])
    ), revision = findings.revision + 1;

-- name: DropFindings :exec
-- Takes away what a unit found in a period and does not find any more, save what has a source, what was handled, and what a warning, a
-- referral or a file belongs to.
DELETE FROM findings f
WHERE f.unit_id = @unit_id AND f.key >= @first::text AND f.key < @first::text || '~' AND f.period = @period AND f.key <> ALL (@kept::text[])
  AND f.source IS NULL
  AND NOT f.body ? 'history'
  AND NOT EXISTS (SELECT FROM attachments a WHERE a.owner = 'findings/' || f.region || '-' || f.key)
  AND NOT EXISTS (SELECT FROM warnings w WHERE w.finding = 'findings/' || f.region || '-' || f.key AND w.finding <> '')
  AND NOT EXISTS (SELECT FROM referrals r WHERE r.findings @> to_jsonb('findings/' || f.region || '-' || f.key));

-- name: FoundBefore :many
-- What the analyses of a unit found in the periods from a key on and before another, by class or level.
SELECT finding_class, warning_level, about_id, subject_area, period FROM findings
WHERE unit_id = @unit_id AND key >= @from_key::text AND key < @before_key::text AND source IS NULL
ORDER BY key;

-- name: TimesFound :many
-- In how many of some periods, which lie between two keys, an analysis of a unit found something of a unit and a subject area.
SELECT about_id, subject_area, count(DISTINCT period)::integer AS times FROM findings
WHERE unit_id = @unit_id AND key >= @from_key::text AND key < @before_key::text AND period = ANY (@periods::text[]) AND source IS NULL
GROUP BY about_id, subject_area;

-- name: FindingsOf :many
-- What the analysis of a unit found in a period, that of the most tips first.
SELECT body FROM findings
WHERE unit_id = @unit_id AND key >= @first::text AND key < @first::text || '~' AND period = @period AND source IS NULL
ORDER BY (body #>> '{count,tips}')::bigint DESC NULLS LAST, key
LIMIT @most;

-- name: FindingFollowed :one
-- Whether a warning, a referral or a case lead that stands, other than one, follows a finding.
SELECT (EXISTS (
    SELECT FROM warnings w WHERE w.finding = @finding::text AND w.finding <> '' AND w.state <> @withdrawn::text
      AND 'warnings/' || w.region || '-' || w.key <> @but::text
) OR EXISTS (
    SELECT FROM referrals r WHERE r.findings @> to_jsonb(@finding::text) AND r.state = ANY (@standing::text[])
      AND 'referrals/' || r.region || '-' || r.key <> @but::text
) OR EXISTS (
    SELECT FROM case_leads l WHERE l.finding = @finding::text AND l.finding <> '' AND l.state <> @withdrawn_lead::text
      AND l.body ? 'findingTakenUp' -- others left it to whoever handles it
      AND 'caseLeads/' || l.region || '-' || l.key <> @but::text
))::boolean AS followed;

-- name: CountFindings :many
-- Those of ended units count for the unit that acts for them.
WITH counted AS (
    SELECT unit_path, unit_id, state, count(*) AS findings, count(*) FILTER (WHERE due_on < @today::date) AS overdue
    FROM findings
    WHERE unit_path <@ @subtree::ltree AND key >= @from_key::text AND key < @before_key::text
    GROUP BY unit_path, unit_id, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path, c.state, c.findings, c.overdue
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, state, sum(findings)::bigint AS findings, sum(overdue)::bigint AS overdue
FROM acting
GROUP BY path, state
ORDER BY path, state;

-- name: FindingsHandledOnTime :many
-- Findings of units of a subtree that these were first to handle between two days and that are either handled or overdue. The first
-- named ones are named.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE first_handled_on <= first_due_on) AS met,
       (array_agg(region || '-' || key ORDER BY key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN findings n ON n.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree
  AND first_due_on BETWEEN @first_day::date AND @last_day::date
  AND (first_due_on < @today::date OR first_handled_on IS NOT NULL)
GROUP BY f.acting_id;

-- name: FindingOfSource :one
-- The finding that was made of a record.
SELECT region, key FROM findings WHERE source = @source;

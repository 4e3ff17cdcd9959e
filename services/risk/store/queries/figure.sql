-- name: PointsApproved :many
-- Risk points of units of a subtree registered before a time that were ever in force, met, or have been handed in: a draft is nobody's
-- business yet, nor what was given up. The first named ones are named.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE version > 0) AS met,
       (array_agg(region || '-' || key ORDER BY key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN risk_points p ON p.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree AND create_time < @created_before AND (version > 0 OR state = ANY (@handed_in::text[]))
GROUP BY f.acting_id;

-- name: CommitmentsSigned :many
-- Commitments of units of a subtree that were to be signed in a period, met by those that both sides had signed by its end. What
-- lapsed unsigned before its day was nobody's to sign.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE signed_on <= @last_day::date) AS met,
       (array_agg(region || '-' || key ORDER BY key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN commitments c ON c.unit_id = f.unit_id
WHERE unit_path <@ @root::ltree AND due_on BETWEEN @first_day::date AND @last_day::date
  AND (signed_on IS NOT NULL OR lapsed_on IS NULL OR lapsed_on > due_on)
GROUP BY f.acting_id;

-- what lapsed was nobody's to do.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE r.ended_on <= r.due_on) AS met,
       (array_agg(r.region || '-' || r.key ORDER BY r.key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN rotations r ON r.unit_id = f.unit_id
WHERE r.unit_path <@ @root::ltree AND r.due_on BETWEEN @first_day::date AND @last_day::date
  AND r.state <> @lapsed::text
GROUP BY f.acting_id;

-- name: DeficienciesFiledOnTime :many
-- The deficiencies that units were to file in a period, met once they were filed by their day. Units that ended after it count as
-- they did until then; what has moved since, where it stands. Only a unit above a deficiency files it, or the root its own: who does
-- is looked up for what stands below one that is asked for.
SELECT j.unit_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE d.filed_on <= d.file_by) AS met,
       (array_agg(d.region || '-' || d.key ORDER BY d.key))[1:@named::int]::text[] AS records
FROM deficiencies d
CROSS JOIN LATERAL judging_unit(d.unit_path, d.body ->> 'foundBy', d.body #>> '{owner,unit}', @last_day::date) AS j (unit_id)
WHERE d.file_by BETWEEN @first_day::date AND @last_day::date AND d.unit_path <@ @root::ltree
  AND (d.filed_on IS NOT NULL OR d.state <> 'DEFICIENCY_STATE_WITHDRAWN')
  AND (string_to_array(d.unit_path::text, '.'))[:greatest(nlevel(d.unit_path) - 1, 1)] && @units::text[]
  AND j.unit_id = ANY (@units::text[])
GROUP BY j.unit_id;

-- name: DoneOnTime :many
-- What units of a subtree were to do in a period, by a measure, met once it was done by its day.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE r.done_on <= r.due_on) AS met,
       (array_agg(r.region || '-' || r.key ORDER BY r.key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id)
JOIN (SELECT * FROM due_records UNION ALL SELECT * FROM due_filings UNION ALL SELECT * FROM due_feedback) r ON r.unit_id = f.unit_id
WHERE r.measure = @measure::text AND r.unit_path <@ @root::ltree AND r.due_on BETWEEN @first_day::date AND @last_day::date
GROUP BY f.acting_id;

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

-- name: DecisionsOnTime :many
-- Decisions in force of units of a subtree that were to be carried out in a period, met once they were by their day.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE d.done_on <= d.due_on) AS met,
       (array_agg(d.region || '-' || d.key ORDER BY d.key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN decisions d ON d.unit_id = f.unit_id
WHERE d.unit_path <@ @root::ltree AND d.due_on BETWEEN @first_day::date AND @last_day::date
  AND d.state = ANY (@in_force::text[])
GROUP BY f.acting_id;

-- name: DecisionsFiledOnTime :many
-- Decisions of units of a subtree that were to be filed upward in a period, met once they were by their day; what another decision
-- replaced before it was filed is nobody's to file.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE d.filed_on <= d.file_by) AS met,
       (array_agg(d.region || '-' || d.key ORDER BY d.key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN decisions d ON d.unit_id = f.unit_id
WHERE d.unit_path <@ @root::ltree AND d.file_by BETWEEN @first_day::date AND @last_day::date
  AND (d.filed_on IS NOT NULL OR d.state <> @superseded::text)
GROUP BY f.acting_id;

-- name: RotationsOnTime :many
-- Holders who were to leave positions of units of a subtree in a period, met once they had by their day, which a deferral moves;
-- what lapsed was nobody's to do.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE r.ended_on <= r.due_on) AS met,
       (array_agg(r.region || '-' || r.key ORDER BY r.key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN rotations r ON r.unit_id = f.unit_id
WHERE r.unit_path <@ @root::ltree AND r.due_on BETWEEN @first_day::date AND @last_day::date
  AND r.state <> @lapsed::text
GROUP BY f.acting_id;

-- name: OpennessOnTime :many
-- What units of a subtree were to open in a period, met once it was open by its day.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE o.opened_on <= o.due_on) AS met,
       (array_agg(o.region || '-' || o.key ORDER BY o.key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN openness_items o ON o.unit_id = f.unit_id
WHERE o.unit_path <@ @root::ltree AND o.due_on BETWEEN @first_day::date AND @last_day::date
  AND o.state <> @cancelled::text
GROUP BY f.acting_id;

-- name: CommentsOnTime :many
-- Comments that units of a subtree were to answer in a period, met once they were by their day.
SELECT f.acting_id::text AS unit_id, count(*) AS total, count(*) FILTER (WHERE c.answered_on <= c.due_on) AS met,
       (array_agg(c.region || '-' || c.key ORDER BY c.key))[1:@named::int]::text[] AS records
FROM acted_for(@units::text[], @last_day::date) AS f (unit_id, acting_id) JOIN comments c ON c.unit_id = f.unit_id
WHERE c.unit_path <@ @root::ltree AND c.due_on BETWEEN @first_day::date AND @last_day::date
GROUP BY f.acting_id;

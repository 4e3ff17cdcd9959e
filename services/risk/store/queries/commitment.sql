-- name: PositionsToCommit :many
-- Held positions of which rules of schemes ask a commitment of a year and that have none of their holder, each rule by itself, after
-- one of them.
SELECT p.region, p.key, p.unit_path, (r.rule ->> 'id')::text AS rule
FROM positions p CROSS JOIN LATERAL rules_asking(
    @rules::jsonb, @day::date, 'positions/' || p.region || '-' || p.key, p.unit_path, p.rank, p.tier
) AS r (rule)
WHERE (p.region, p.key) >= (@after_region::text, @after_key::text)
  AND (p.region, p.key, r.rule ->> 'id') > (@after_region::text, @after_key::text, @after_rule::text)
  AND holder_on(p.body, @day_text) IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM commitments c
      WHERE c.position = 'positions/' || p.region || '-' || p.key AND c.rule = r.rule ->> 'id' AND c.year = @year::integer
        AND c.person = holder_on(p.body, @day_text) AND c.state <> 'COMMITMENT_STATE_LAPSED')
  AND NOT EXISTS (SELECT FROM ended_units e WHERE e.unit_id = subpath(p.unit_path, -1)::text)
ORDER BY p.region, p.key, r.rule ->> 'id'
LIMIT @page;

-- name: CountCommitments :many
-- Those of ended units count for the unit that acts for them; what lapsed before its year was over counts for nobody.
WITH counted AS (
    SELECT unit_path, unit_id, rule, count(*) AS n, count(signed_on) AS signed, count(*) FILTER (WHERE NOT made) AS unsigned,
           count(*) FILTER (WHERE NOT countered) AS uncountersigned,
           count(*) FILTER (WHERE signed_on IS NULL AND due_on < @today::date) AS overdue
    FROM commitments
    WHERE unit_path <@ @subtree::ltree AND year = @year::integer AND lasted(year, lapsed_on)
    GROUP BY unit_path, unit_id, rule
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
           c.rule, c.n, c.signed, c.unsigned, c.uncountersigned, c.overdue
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, rule, sum(n)::bigint AS n, sum(signed)::bigint AS signed,
       sum(unsigned)::bigint AS unsigned, sum(uncountersigned)::bigint AS uncountersigned, sum(overdue)::bigint AS overdue
FROM acting
GROUP BY path, rule
ORDER BY path, rule;

-- name: CountersigningUnits :many
-- The nearest unit of a path where somebody else than who makes a commitment holds a position of some ranks on a day, given as its text.
SELECT subpath(p.unit_path, -1)::text AS unit_id
FROM positions p
WHERE p.unit_path @> @path::ltree AND p.rank = ANY (@ranks::text[]) AND p.ended_on IS NULL
  AND 'positions/' || p.region || '-' || p.key <> @position::text
  AND holder_on(p.body, @day::text) <> @maker::text
  AND NOT EXISTS (SELECT FROM ended_units e WHERE e.unit_id = subpath(p.unit_path, -1)::text)
ORDER BY nlevel(p.unit_path) DESC
LIMIT 1;

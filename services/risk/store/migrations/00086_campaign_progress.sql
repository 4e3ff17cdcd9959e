-- +goose Up

-- How far units of a subtree, so many after one, have come in a stage by its measures, in their order: as it was kept where the stage is
-- closed; otherwise by what is kept of the register, what was filed and what the unit recorded, save for units that are uncounted, which
-- are counted now. What ended units have counts for the unit that acts for them; what is of a year or a period, where that has a day of the campaign. A measure asks units of
-- some kinds, by commas, or all; of reports, as many fewer as a unit need not send or was never asked for, since it came later or was none of
-- those asked. What the units that it acts for have left over of theirs it owes besides its own: no report stands for that of another unit,
-- and who of them owed any goes by their own kinds. A unit that has ended is counted no more in a stage that is open, also before it leaves.
-- The planner takes an unknown subtree for a small one, and would go through all of one side for each row of the other, or sort both by
-- unit. So units have numbers, by which what they have is summed up in one pass, with what each measure asks of each.
CREATE FUNCTION campaign_progress(
    of_region text, of_key text, of_stage text, subtree ltree, after ltree, most integer, first_day date, last_day date,
    counted text[], terms text[], minimums bigint[], completes boolean[], kinds text[], today date
) RETURNS TABLE (
    unit_id text, unit_path ltree, joined_on date, waiver_reason text, waived_by text, waived_on date, work text, worked_on date,
    done bigint[], missing bigint[], missing_count bigint
) LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_nestloop = off SET enable_mergejoin = off SET jit = off AS $$
    WITH measures AS MATERIALIZED (
        SELECT * FROM unnest($9, $10, $11, $12, $13) WITH ORDINALITY AS m (counted, term, minimum, complete, kinds, n)
    ), units AS MATERIALIZED (
        SELECT row_number() OVER () AS nr, u.* FROM (
            SELECT u.* FROM campaign_units u
            WHERE u.region = $1 AND u.key = $2 AND u.stage = $3 AND u.left_on IS NULL
              AND (u.done IS NOT NULL OR u.unit_id NOT IN (SELECT e.unit_id FROM ended_units e))
              AND (u.unit_path <@ $4) IS TRUE AND in_subtree(u.unit_path, $4) AND u.unit_path > $5
            ORDER BY u.unit_path LIMIT $6
        ) u
    ), acting AS MATERIALIZED (
        SELECT a.unit_id, a.unit_id = a.acting_id AS itself, u.nr
        FROM acted_for(ARRAY(SELECT u.unit_id FROM units u WHERE u.done IS NULL), 'infinity') AS a
        JOIN units u ON u.unit_id = a.acting_id
    ), uncounted AS MATERIALIZED (
        SELECT DISTINCT n.unit_id FROM uncounted_units n JOIN acting USING (unit_id)
    ), counts AS (
        SELECT c.* FROM register_counts c
        WHERE c.unit_id = ANY (ARRAY(SELECT a.unit_id FROM acting a))
          AND NOT EXISTS (SELECT FROM uncounted n WHERE n.unit_id = c.unit_id)
        UNION ALL
        SELECT c.* FROM (SELECT array_agg(n.unit_id) AS ids FROM uncounted n) n, count_register(n.ids, $14) AS c
        WHERE n.ids IS NOT NULL
    ), reports AS (
        SELECT a.nr, m.n, r.unit_id, a.itself, r.sent, r.sent OR r.exempted AS over, o.period IS NOT NULL AS opened
        FROM reports_opened r JOIN measures m ON m.counted = 'CAMPAIGN_COUNT_REPORTS_SENT' AND m.term = r.schedule JOIN acting a USING (unit_id)
        LEFT JOIN opened_periods o ON o.schedule = r.schedule AND o.period = r.period AND o.opened_on < $14
        WHERE r.unit_id = ANY (ARRAY(SELECT a.unit_id FROM acting a)) AND r.schedule = ANY ($10)
          AND r.first_day <= $8 AND r.last_day >= $7
    ), own AS (
        SELECT r.nr, r.n, sum(r.opened::integer - r.over::integer) AS owed FROM reports r WHERE r.itself GROUP BY r.nr, r.n
    ), others AS (
        SELECT r.nr, r.n, r.unit_id, count(*) FILTER (WHERE NOT r.over) AS owed FROM reports r WHERE NOT r.itself GROUP BY r.nr, r.n, r.unit_id
    ), were AS (
        SELECT w.unit_id, w.kind FROM campaign_units w
        WHERE w.region = $1 AND w.key = $2 AND w.stage = $3 AND w.unit_id = ANY (ARRAY(SELECT a.unit_id FROM acting a WHERE NOT a.itself))
    ), opened AS (
        SELECT m.n, count(*) AS periods FROM opened_periods o JOIN measures m ON m.counted = 'CAMPAIGN_COUNT_REPORTS_SENT' AND m.term = o.schedule
        WHERE o.first_day <= $8 AND o.last_day >= $7 AND o.opened_on < $14
        GROUP BY m.n
    ), filings AS (
        SELECT p.unit_id, m.n, count(*) FILTER (WHERE p.filed_on >= $7 AND NOT p.filed_outdated AND p.state <> 'PUBLICATION_STATE_WITHDRAWN') AS filed,
               CASE WHEN m.complete THEN count(*) FILTER (WHERE p.unfiled) ELSE 0 END AS unfiled
        FROM publications p JOIN measures m ON m.counted = 'CAMPAIGN_COUNT_PUBLICATIONS_FILED' AND m.term = p.kind
        WHERE p.unit_id = ANY (ARRAY(SELECT a.unit_id FROM acting a)) AND p.kind = ANY ($10)
        GROUP BY p.unit_id, m.n, m.complete
    ), parts AS (
        SELECT u.nr, m.n, m.kinds = '' OR u.kind = ANY (string_to_array(m.kinds, ',')) AS asked, 0::bigint AS done,
               CASE WHEN m.counted <> 'CAMPAIGN_COUNT_REPORTS_SENT' THEN m.minimum ELSE greatest(m.minimum - coalesce(p.periods, 0) + coalesce(o.owed, 0), 0) END AS owed,
               0::bigint AS open, 0::bigint AS left_over
        FROM units u CROSS JOIN measures m LEFT JOIN opened p USING (n) LEFT JOIN own o USING (nr, n) WHERE u.done IS NULL
        UNION ALL
        SELECT a.nr, m.n, true, c.done, -c.done, CASE WHEN m.complete THEN c.open ELSE 0 END, 0
        FROM counts c JOIN measures m USING (counted) JOIN acting a USING (unit_id)
        WHERE c.year = 0 OR c.year BETWEEN extract(year FROM $7) AND extract(year FROM $8)
        UNION ALL
        SELECT r.nr, r.n, true, r.sent::integer, 0, 0, 0 FROM reports r
        UNION ALL
        SELECT o.nr, o.n, true, 0, 0, 0, greatest(o.owed - greatest(coalesce(p.periods, 0) - m.minimum, 0), 0)
        FROM others o JOIN measures m USING (n) JOIN units u USING (nr) LEFT JOIN opened p USING (n) LEFT JOIN were w ON w.unit_id = o.unit_id
        WHERE m.kinds = '' OR coalesce(w.kind, u.kind) = ANY (string_to_array(m.kinds, ','))
        UNION ALL
        SELECT a.nr, f.n, true, f.filed, -f.filed, f.unfiled, 0 FROM filings f JOIN acting a USING (unit_id)
        UNION ALL
        SELECT DISTINCT a.nr, m.n, true, 1, -1, 0, 0
        FROM acting a JOIN campaign_units w ON w.region = $1 AND w.key = $2 AND w.stage = $3 AND w.unit_id = a.unit_id AND w.worked_on IS NOT NULL
        CROSS JOIN measures m
        WHERE m.counted = 'CAMPAIGN_COUNT_WORK_RECORDED' AND 'CAMPAIGN_COUNT_WORK_RECORDED' = ANY ($9)
    ), tallies AS (
        SELECT p.nr, p.n, sum(p.done)::bigint AS done,
               CASE WHEN bool_and(p.asked) THEN greatest(sum(p.owed), sum(p.open), 0)::bigint ELSE 0 END
                   + sum(p.left_over)::bigint AS missing
        FROM parts p GROUP BY p.nr, p.n ORDER BY p.nr, p.n
    ), counted AS (
        SELECT t.nr, array_agg(t.done) AS done, array_agg(t.missing) AS missing, count(*) FILTER (WHERE t.missing > 0) AS missing_count
        FROM tallies t GROUP BY t.nr
    )
    SELECT u.unit_id, u.unit_path, u.joined_on, u.waiver_reason, u.waived_by, u.waived_on, u.work, u.worked_on,
           coalesce(u.done, c.done, '{}'), coalesce(u.missing, c.missing, '{}'),
           coalesce(c.missing_count, (SELECT count(*) FROM unnest(u.missing) AS m WHERE m > 0))
    FROM units u LEFT JOIN counted c USING (nr)
$$;

-- +goose Down
DROP FUNCTION campaign_progress;

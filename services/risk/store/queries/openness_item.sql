-- name: UnitsWithItem :many
-- Those of some units that have an item of a rule for the time from a day.
SELECT unit_id FROM openness_items
WHERE unit_id = ANY (@units::text[]) AND rule = @rule::text AND period_from = @period_from::date;

-- name: OpenedWith :many
-- The items that were opened with a publication, in the order in which they are locked.
SELECT region, key FROM openness_items WHERE publication = @publication::text ORDER BY region, key;

-- name: PeriodOpenedWith :one
-- The first day of a period that was opened with a publication by a rule; empty where none was.
SELECT coalesce((
    SELECT min(period_from) FROM openness_items
    WHERE publication = @publication::text AND rule = @rule::text AND period_from IS NOT NULL
)::text, '')::text AS period_from;

-- name: CountOpennessItems :many
-- Those of ended units count for the unit that acts for them. Overdue are those that are due and whose day is past.
WITH counted AS (
    SELECT unit_path, unit_id, rule, state, count(*) AS n,
           count(*) FILTER (WHERE state = 'OPENNESS_STATE_DUE' AND due_on < @today::date) AS overdue,
           count(*) FILTER (WHERE opened_on > due_on) AS late
    FROM openness_items
    WHERE unit_path <@ @subtree::ltree
    GROUP BY unit_path, unit_id, rule, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
           c.rule, c.state, c.n, c.overdue, c.late
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, rule, state, sum(n)::bigint AS n, sum(overdue)::bigint AS overdue, sum(late)::bigint AS late
FROM acting
GROUP BY path, rule, state
ORDER BY path, rule, state;

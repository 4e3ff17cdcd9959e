-- name: CountRedos :many
-- Those of ended units count for the unit that acts for them. Overdue are those that are not done and whose day is past.
WITH counted AS (
    SELECT unit_path, unit_id, state, count(*) AS n,
           count(*) FILTER (WHERE state = @ordered::text AND due_on < @today::date) AS overdue,
           count(*) FILTER (WHERE done_on > due_on) AS late
    FROM redos
    WHERE unit_path <@ @subtree::ltree
    GROUP BY unit_path, unit_id, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path, c.state, c.n, c.overdue, c.late
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, state, sum(n)::bigint AS n, sum(overdue)::bigint AS overdue, sum(late)::bigint AS late
FROM acting
GROUP BY path, state
ORDER BY path, state;

-- name: CountOpenRedos :one
-- Redos that a unit has not done, those of ended units that it acts for included.
SELECT count(*) FROM acted_for(ARRAY[@unit_id::text], @today::date) AS f (unit_id, acting_id) JOIN redos r ON r.unit_id = f.unit_id
WHERE r.state = @ordered::text;

-- name: PointsToRedo :many
-- Risk points of a unit in some states or in force, whatever is written of them, in the order in which they are locked.
SELECT p.region, p.key FROM acted_for(ARRAY[@unit_id::text], @today::date) AS f (unit_id, acting_id)
JOIN risk_points p ON p.unit_id = f.unit_id
WHERE p.state = ANY (@states::text[]) OR p.version > 0 AND p.state <> @ended::text
ORDER BY p.region, p.key;

-- name: RedoProgress :one
-- Risk points of a unit that are still to be handed in anew under a redo, and those handed in since it was ordered, under review or
-- through it. What a unit that became one with it since, or its successor, had handed in before that doesn't count.
SELECT count(*) FILTER (WHERE p.redo = @redo::text AND p.state <> @ended::text AND p.state <> ALL (@handed_in::text[])) AS missing,
       count(*) FILTER (
           WHERE p.state = ANY (@handed_in::text[]) AND (p.body #>> '{standing,submitTime}')::timestamptz >= @since::timestamptz
             AND (p.unit_id = @ordered::text OR p.redo = @redo::text OR day_of((p.body #>> '{standing,submitTime}')::timestamptz) >= (
                 SELECT max(e.ended_on) FROM ended_units e WHERE e.unit_id IN (p.unit_id, @ordered::text)))
       ) AS handed_in
FROM acted_for(ARRAY[@unit_id::text], @today::date) AS f (unit_id, acting_id) JOIN risk_points p ON p.unit_id = f.unit_id;

-- name: PointsOfRedo :many
-- Risk points that came back under a redo and are not approved since, in the order in which they are locked.
SELECT region, key FROM risk_points WHERE redo = @redo::text AND state <> @ended::text ORDER BY region, key;

-- name: OpenRedos :one
-- How many orders to search anew are open in a subtree.
SELECT count(*) FROM redos WHERE unit_path <@ @subtree::ltree AND state = 'REDO_STATE_ORDERED';

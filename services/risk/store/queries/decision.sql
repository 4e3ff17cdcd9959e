-- name: CountDecisions :many
-- Those of ended units count for the unit that acts for them. Overdue are those that are to be carried out and whose day is past.
WITH counted AS (
    SELECT unit_path, unit_id, kind, state, count(*) AS n,
           count(*) FILTER (WHERE state = @owed::text AND due_on < @today::date) AS overdue, count(*) FILTER (WHERE unfiled) AS unfiled,
           count(*) FILTER (WHERE state = @prepared::text AND decide_by < @today::date) AS undecided
    FROM decisions
    WHERE unit_path <@ @subtree::ltree
    GROUP BY unit_path, unit_id, kind, state
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
           c.kind, c.state, c.n, c.overdue, c.unfiled, c.undecided
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, kind, state, sum(n)::bigint AS n, sum(overdue)::bigint AS overdue,
       sum(unfiled)::bigint AS unfiled, sum(undecided)::bigint AS undecided
FROM acting
GROUP BY path, kind, state
ORDER BY path, kind, state;

-- name: CountUncorrected :one
-- Deficiencies of a source that are neither put right nor taken back.
SELECT count(*) FROM deficiencies WHERE source = @source::text AND state <> ALL (@settled::text[]);

-- name: HeldSeats :many
-- The positions of a unit that somebody holds on a day and that are of some ranks, or may have been then.
SELECT region, key, body FROM positions
WHERE unit_path = @unit::ltree AND (rank = ANY (@ranks::text[]) OR body ? 'rankChanges') AND holder_on(body, @day::text) IS NOT NULL
ORDER BY key;

-- name: ActsFor :one
-- Whether a unit is another, or acts for it since that has ended.
SELECT EXISTS (SELECT FROM acted_for(ARRAY[@acting::text], 'infinity') f WHERE f.unit_id = @unit_id::text);

-- name: DecisionsAbout :many
-- The decisions about an appointment that are in some states.
SELECT region, key FROM decisions
WHERE appointment = @appointment::text AND state = ANY (@open::text[])
ORDER BY region, key;

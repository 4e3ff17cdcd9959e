-- name: CommentByReceipt :one
-- A comment, and whether the publication that it is about shows grades.
SELECT c.region, c.key, c.body, coalesce(p.body -> 'fields' ? 'grade', false)::bool AS shows_grade
FROM comments c
LEFT JOIN publications p ON p.region = region_of(c.publication) AND p.key = key_of(c.publication)
WHERE c.receipt_hash = ANY (@hashes::text[]);

-- name: CountOpenFromPublic :one
-- Those that staff have entered take no room from the public.
SELECT count(*) FROM comments
WHERE publication = @publication::text AND state = 'COMMENT_STATE_RECEIVED' AND NOT coalesce((body -> 'registered')::boolean, false);

-- name: CountOpenComments :one
SELECT count(*) FROM comments WHERE publication = @publication::text AND state = 'COMMENT_STATE_RECEIVED';

-- name: PublishedVersion :one
-- Which version a publication holds of an entry, and the unit and its path that the entry has.
SELECT e.version, (v.body ->> 'unit')::text AS unit, v.unit_path, coalesce(v.body ->> 'title', v.body ->> 'description', '')::text AS title
FROM publication_entries e
JOIN register_versions v ON v.collection = @collection::text AND v.region = e.entry_region AND v.key = e.entry_key
                        AND v.version = e.version
WHERE e.region = @region AND e.key = @key AND e.entry_region = @entry_region AND e.entry_key = @entry_key;

-- name: CountOpenOnUnit :one
-- Those that staff have entered take no room from the public.
SELECT count(*) FROM comments
WHERE about_unit = @unit::text AND publication IS NULL AND state = 'COMMENT_STATE_RECEIVED'
  AND NOT coalesce((body -> 'registered')::boolean, false);

-- name: CountComments :many
-- Those of ended units count for the unit that acts for them. Overdue are those that wait for an answer and whose day is past.
WITH counted AS (
    SELECT unit_path, unit_id, publication IS NOT NULL AS objections, coalesce(medium, '') AS medium, state, count(*) AS n,
           count(*) FILTER (WHERE state = 'COMMENT_STATE_RECEIVED' AND due_on < @today::date) AS overdue
    FROM comments
    WHERE unit_path <@ @subtree::ltree
    GROUP BY 1, 2, 3, 4, 5
), acting AS (
    SELECT CASE WHEN e.unit_id IS NULL THEN c.unit_path ELSE acting_path(c.unit_path) END AS path,
           c.objections, c.medium, c.state, c.n, c.overdue
    FROM counted c LEFT JOIN ended_units e ON e.unit_id = c.unit_id
)
SELECT subpath(path, -1)::text AS unit_id, objections::bool AS objections, medium::text AS medium, state, sum(n)::bigint AS n,
       sum(overdue)::bigint AS overdue
FROM acting
GROUP BY path, objections, medium, state
ORDER BY path, objections DESC, medium, state;

-- name: PublicAnswers :many
-- What was said of a unit, or of one that it acts for, and answered openly, the newest first.
SELECT c.key, c.body
FROM acted_for(ARRAY[@unit_id::text], @today::date) a
CROSS JOIN LATERAL (
    SELECT o.key, o.body FROM comments o
    WHERE o.about_unit = 'units/' || a.unit_id AND o.body ? 'answerPlaces' AND o.key < @before::text
    ORDER BY o.key DESC
    LIMIT @size::int
) c
ORDER BY c.key DESC
LIMIT @size::int;

-- name: ObjectionsToRegrade :many
-- The upheld objections to a risk point that wait for a grade.
SELECT region, key FROM comments WHERE body ->> 'entry' = @entry::text AND to_regrade ORDER BY region, key;

-- name: CountRegradesAwaited :one
-- The upheld objections, to a publication or to another one, that wait for a grade of what it holds.
SELECT count(*)
FROM comments c
JOIN publication_entries e ON e.region = @region AND e.key = @key
                          AND e.entry_region = region_of(c.body ->> 'entry') AND e.entry_key = key_of(c.body ->> 'entry')
WHERE c.to_regrade;

-- name: CommentsAboutOwn :many
-- Which of some comments that are not a unit's own to answer, on entries and on leaders, lie with the unit that they are about, or
-- with the one that acts for it; with the path of the one above that. It is empty of those on leaders where none is above; those on
-- entries the topmost unit answers for itself.
SELECT c.region, c.key, subpath(c.acting, 0, -1)::text AS above
FROM (
    SELECT c.region, c.key, c.about_unit, acting_path(c.unit_path) AS acting, c.publication IS NULL AS on_leaders
    FROM comments c
    WHERE (c.region, c.key) IN (SELECT unnest(@regions::text[]), unnest(@keys::text[]))
      AND (c.publication IS NOT NULL OR (c.body -> 'aboutLeaders')::boolean)
) c
WHERE (nlevel(c.acting) > 1 OR c.on_leaders)
  AND subpath(c.acting, -1)::text = coalesce(
      (SELECT subpath(acting_path(e.path), -1)::text FROM ended_units e WHERE 'units/' || e.unit_id = c.about_unit),
      split_part(c.about_unit, '/', 2))
ORDER BY c.region, c.key;

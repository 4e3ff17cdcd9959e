-- name: FreezeEntries :execrows
-- Notes for a publication which versions were in force in a subtree on a day; at most so many.
INSERT INTO publication_entries (
    region, key, number, entry_region, entry_key, version, content_sha256, power_title, step_title, position_titles, controls, shown
)
SELECT @region, @key, row_number() OVER (ORDER BY v.unit_path, v.key), v.region, v.key, v.version,
       v.body #>> '{standing,contentSha256}', power_title(v.body, @day::date), step_title(v.body, @day::date),
       position_titles(v.body), published_controls('riskPoints/' || v.region || '-' || v.key, @shows_controls::boolean),
       CASE WHEN @shows_owner::boolean THEN shown_on(v.body, @day::date) ELSE '{}' END
FROM (
    SELECT * FROM register_versions
    WHERE collection = @collection::text AND unit_path <@ @subtree::ltree AND in_subtree(unit_path, @subtree::ltree)
      AND effective_on <= @day::date AND replaced_on > @day::date
    LIMIT @most
) v;

-- name: OutdatedEntry :one
-- The first entry of a draft that is not in force on a day as the draft has it, in another version, with other controls or another
-- holder, or else the first one in force there that the draft lacks; empty where there is none.
SELECT coalesce((
    SELECT coalesce(v.body ->> 'title', v.body ->> 'description')
    FROM (SELECT * FROM publication_entries d WHERE d.region = @region AND d.key = @key) e
    FULL JOIN (
        SELECT r.region, r.key, r.version FROM register_versions r
        WHERE r.collection = @collection::text AND r.unit_path <@ @subtree::ltree AND in_subtree(r.unit_path, @subtree::ltree)
          AND r.effective_on <= @day::date AND r.replaced_on > @day::date
    ) c ON c.region = e.entry_region AND c.key = e.entry_key AND c.version = e.version
    JOIN register_versions v ON v.collection = @collection::text AND v.region = coalesce(e.entry_region, c.region)
                            AND v.key = coalesce(e.entry_key, c.key) AND v.version = coalesce(e.version, c.version)
    WHERE e.key IS NULL OR c.key IS NULL
       OR @shows_controls::boolean AND e.controls <> published_controls('riskPoints/' || c.region || '-' || c.key, true)
       OR @shows_owner::boolean AND e.shown <> shown_on(v.body, @day::date)
    ORDER BY e.number, v.unit_path, v.key LIMIT 1
), '')::text AS entry;

-- name: DropEntries :exec
DELETE FROM publication_entries WHERE region = @region AND key = @key;

-- name: HashEntries :one
-- The hash over what a publication holds, as its proto says it.
SELECT encode(sha256(convert_to(coalesce(string_agg(
    @collection::text || '/' || entry_region || '-' || entry_key || ' ' || version || ' ' || content_sha256 || E'\n'
        || control_lines(controls),
    '' ORDER BY number
), ''), 'UTF8')), 'hex')::text
FROM publication_entries
WHERE region = @region AND key = @key;

-- name: UncontrolledEntries :many
-- The first risk points of a publication without a control, as it holds them, and of how many.
SELECT count(*) OVER () AS all_rows, ('riskPoints/' || e.entry_region || '-' || e.entry_key)::text AS entry,
       coalesce(v.body ->> 'description', '')::text AS description
FROM publication_entries e
LEFT JOIN risk_point_versions v ON v.region = e.entry_region AND v.key = e.entry_key AND v.version = e.version
WHERE e.region = @region AND e.key = @key AND e.controls = '[]'
ORDER BY e.number
LIMIT @most;

-- name: ListEntries :many
SELECT e.number, e.entry_region, e.entry_key, e.version, e.content_sha256, e.power_title, e.step_title, e.position_titles,
       e.controls, (v.body || e.shown)::jsonb AS body
FROM publication_entries e
JOIN register_versions v ON v.collection = @collection::text AND v.region = e.entry_region AND v.key = e.entry_key
                        AND v.version = e.version
WHERE e.region = @region AND e.key = @key AND e.number > @after_number
ORDER BY e.number
LIMIT @page_size;

-- name: UnitsOfEntries :many
SELECT DISTINCT (v.body ->> 'unit')::text AS unit
FROM publication_entries e
JOIN register_versions v ON v.collection = @collection::text AND v.region = e.entry_region AND v.key = e.entry_key
                        AND v.version = e.version
WHERE e.region = @region AND e.key = @key
ORDER BY unit;

-- name: DiffEntries :many
-- What differs between a publication and another one or, where that has no key, the register on a day; of changed entries those
-- alone that differ in one of the fields.
WITH old AS (
    SELECT e.entry_region, e.entry_key, e.version, e.content_sha256, e.power_title, e.step_title, e.position_titles, e.controls,
           v.body || e.shown AS body
    FROM publication_entries e
    JOIN register_versions v ON v.collection = @collection::text AND v.region = e.entry_region AND v.key = e.entry_key
                            AND v.version = e.version
    WHERE e.region = @region AND e.key = @key
), new AS (
    SELECT e.entry_region, e.entry_key, e.version, e.content_sha256, e.power_title, e.step_title, e.position_titles, e.controls,
           v.body || e.shown AS body
    FROM publication_entries e
    JOIN register_versions v ON v.collection = @collection::text AND v.region = e.entry_region AND v.key = e.entry_key
                            AND v.version = e.version
    WHERE e.region = @after_region AND e.key = @after_key
    UNION ALL
    SELECT v.region, v.key, v.version, v.body #>> '{standing,contentSha256}', power_title(v.body, @after_day::date),
           step_title(v.body, @after_day::date), position_titles(v.body), published_controls('riskPoints/' || v.region || '-' || v.key, @shows_controls::boolean),
           v.body || CASE WHEN @shows_owner::boolean THEN shown_on(v.body, @after_day::date) ELSE '{}' END AS body
    FROM register_versions v
    WHERE @after_key = '' AND v.collection = @collection::text AND v.unit_path <@ @subtree::ltree
      AND in_subtree(v.unit_path, @subtree::ltree) AND v.effective_on <= @after_day::date AND v.replaced_on > @after_day::date
), compared AS (
    SELECT coalesce(o.entry_region, n.entry_region)::text AS of_region, coalesce(o.entry_key, n.entry_key)::text AS of_key,
           o.version AS old_version, o.content_sha256 AS old_sha256, o.power_title AS old_power, o.step_title AS old_step, o.position_titles AS old_positions,
           o.controls AS old_controls, o.body::jsonb AS old_body,
           n.version AS new_version, n.content_sha256 AS new_sha256, n.power_title AS new_power, n.step_title AS new_step, n.position_titles AS new_positions,
           n.controls AS new_controls, n.body::jsonb AS new_body,
           ARRAY(
               SELECT f FROM unnest(@fields::text[]) AS f WHERE o.body -> f IS DISTINCT FROM n.body -> f
               UNION ALL
               SELECT 'controls' WHERE @shows_controls::boolean AND o.controls IS DISTINCT FROM n.controls
           )::text[] AS changed
    FROM old o FULL JOIN new n ON n.entry_region = o.entry_region AND n.entry_key = o.entry_key
    WHERE o.version IS DISTINCT FROM n.version OR @shows_controls::boolean AND o.controls IS DISTINCT FROM n.controls
       OR o.body -> 'owner' IS DISTINCT FROM n.body -> 'owner'
)
SELECT * FROM compared
WHERE (old_version IS NULL OR new_version IS NULL OR cardinality(changed) > 0)
  AND (of_region, of_key) > (@last_region::text, @last_key::text)
ORDER BY of_region, of_key
LIMIT @page_size;

-- name: OpenPublications :many
-- What anybody may read of a unit and of those that it acts for, the newest first.
SELECT p.key, p.body
FROM acted_for(ARRAY[@unit_id::text], @today::date) a
CROSS JOIN LATERAL (
    SELECT o.key, o.body FROM publications o
    WHERE o.unit_id = a.unit_id AND o.open AND o.key < @before::text AND coalesce(o.public_until, 'infinity') >= @today::date
    ORDER BY o.key DESC
    LIMIT @size::int
) p
ORDER BY p.key DESC
LIMIT @size::int;

-- name: OwedAnewBefore :many
-- The other publications of a kind that are over, of a unit or of ended ones that it acts for, and are still to be filed, or were
-- filed and have had entries graded anew since.
SELECT p.region, p.key
FROM acted_for(ARRAY[@acting::text], 'infinity') AS f JOIN publications p ON p.unit_id = f.unit_id
WHERE (p.unfiled AND p.state = 'PUBLICATION_STATE_ENDED' OR p.filed_outdated)
  AND p.kind = @kind::text AND NOT (p.region = @region AND p.key = @key)
ORDER BY p.region, p.key;

-- name: OverWithPoint :many
-- The publications that hold a version of a risk point, are over and are still to be filed, or were filed and no other of their
-- kind was made public since: by their units or, once these had ended, by who acted for them then.
SELECT p.region, p.key FROM publication_entries e JOIN publications p ON p.region = e.region AND p.key = e.key
WHERE e.entry_region = @entry_region AND e.entry_key = @entry_key AND p.state = 'PUBLICATION_STATE_ENDED'
  AND p.body ->> 'register' = 'REGISTER_KIND_RISK_POINTS'
  AND (p.unfiled OR p.filed_on IS NOT NULL AND NOT EXISTS (
      SELECT FROM publications l
      WHERE l.kind = p.kind AND l.unit_id = ANY (string_to_array(p.unit_path::text, '.'))
        AND (l.unit_id = p.unit_id
             OR l.unit_id = subpath(acting_path(p.unit_path, date_of(l.body ->> 'publicFrom')), -1)::text)
        AND (l.body ->> 'publicFrom', l.key) > (p.body ->> 'publicFrom', p.key)
        AND l.state IN ('PUBLICATION_STATE_PUBLICISED', 'PUBLICATION_STATE_ENDED')))
ORDER BY p.region, p.key;

-- name: EntryOf :one
-- What a publication holds of one entry.
SELECT (v.body || e.shown)::jsonb AS body, e.position_titles
FROM publication_entries e
JOIN register_versions v ON v.collection = @collection::text AND v.region = e.entry_region AND v.key = e.entry_key
                        AND v.version = e.version
WHERE e.region = @region AND e.key = @key AND e.entry_region = @entry_region AND e.entry_key = @entry_key;

-- name: RegradedEntries :many
-- The entries of publications of risk points that an upheld objection, to them or to other ones, has graded anew since they were
-- frozen, so that one of the fields differs from what stands last, and how they are described. Names are the fields' in stored
-- bodies, by what publications call them. OFFSET 0 has the planner find the few that were graded anew first, and look up versions
-- of those alone.
SELECT DISTINCT e.region, e.key, e.entry::text AS entry, (v.body ->> 'description')::text AS description
FROM (
    SELECT m.region, m.key, m.body -> 'fields' AS fields, p.entry_region, p.entry_key, p.version,
           'riskPoints/' || p.entry_region || '-' || p.entry_key AS entry, (c.body ->> 'regradedVersion')::integer AS regraded
    FROM publications m
    JOIN publication_entries p ON p.region = m.region AND p.key = m.key
    JOIN comments c ON c.body ->> 'entry' = 'riskPoints/' || p.entry_region || '-' || p.entry_key AND c.body ? 'regradedVersion'
                   AND (c.body ->> 'regradedVersion')::integer > p.version
    WHERE (m.region, m.key) IN (SELECT unnest(@regions::text[]), unnest(@keys::text[]))
      AND m.body ->> 'register' = 'REGISTER_KIND_RISK_POINTS'
    OFFSET 0
) e
CROSS JOIN LATERAL (
    SELECT r.body FROM risk_point_versions r
    WHERE r.region = e.entry_region AND r.key = e.entry_key AND r.version = e.version OFFSET 0
) v
CROSS JOIN LATERAL (
    SELECT r.body FROM risk_point_versions r
    WHERE r.region = e.entry_region AND r.key = e.entry_key AND r.version = e.regraded - 1 OFFSET 0
) o
CROSS JOIN LATERAL (
    SELECT r.body FROM risk_point_versions r
    WHERE r.region = e.entry_region AND r.key = e.entry_key AND r.version = e.regraded OFFSET 0
) n
CROSS JOIN LATERAL (
    SELECT r.body FROM risk_point_versions r WHERE r.region = e.entry_region AND r.key = e.entry_key
    ORDER BY r.version DESC LIMIT 1
) l
WHERE EXISTS (
    SELECT FROM jsonb_array_elements_text(e.fields) AS shown (field)
    CROSS JOIN LATERAL (SELECT @names::jsonb ->> shown.field) AS f (name)
    WHERE o.body -> f.name IS DISTINCT FROM n.body -> f.name AND v.body -> f.name IS DISTINCT FROM l.body -> f.name
)
ORDER BY e.region, e.key, entry;

-- name: PublicBefore :many
-- The other publications of a kind that are public of a unit, or of ended ones that it acts for.
SELECT p.region, p.key
FROM acted_for(ARRAY[@acting::text], 'infinity') AS f JOIN publications p ON p.unit_id = f.unit_id
WHERE p.kind = @kind::text AND p.state = 'PUBLICATION_STATE_PUBLICISED' AND NOT (p.region = @region AND p.key = @key)
ORDER BY p.region, p.key;

-- name: AskToCompare :exec
-- Has what is public be compared with what is in force where that has changed: of the units of the entries and of those above.
-- These are few, and each is looked up by its path.
WITH changed AS (
    DELETE FROM register_changes RETURNING collection, path_then
), above AS MATERIALIZED (
    SELECT DISTINCT c.collection, subpath(c.path_then, 0, n) AS path
    FROM (SELECT DISTINCT collection, path_then FROM changed) c CROSS JOIN LATERAL generate_series(1, nlevel(c.path_then)) AS n
)
INSERT INTO publications_to_compare (collection, region, key)
SELECT DISTINCT c.collection, p.region, p.key
FROM above c
JOIN publications p ON p.unit_path = c.path AND p.state = 'PUBLICATION_STATE_PUBLICISED'
                   AND p.body ->> 'register' = CASE c.collection WHEN 'powerItems' THEN 'REGISTER_KIND_POWER_ITEMS'
                                                                ELSE 'REGISTER_KIND_RISK_POINTS' END
ON CONFLICT DO NOTHING;

-- name: Compared :exec
DELETE FROM publications_to_compare WHERE collection = @collection AND region = @region AND key = @key;

-- name: WithdrawnOwing :many
-- The publications of a kind, of a unit or of ended ones that it acts for, that were withdrawn and are still to be filed or renewed.
SELECT p.region, p.key
FROM acted_for(ARRAY[@acting::text], 'infinity') AS f JOIN publications p ON p.unit_id = f.unit_id
WHERE p.kind = @kind::text AND p.state = 'PUBLICATION_STATE_WITHDRAWN' AND (p.unfiled OR p.outdated)
ORDER BY p.region, p.key;

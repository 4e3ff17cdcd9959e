-- name: LockTree :exec
-- One change of the tree at a time: two that know nothing of each other could close a cycle.
SELECT pg_advisory_xact_lock(hashtextextended('qingfeng tree', 0));

-- name: ShareTree :exec
-- New units may come side by side, but not while the tree changes above them.
SELECT pg_advisory_xact_lock_shared(hashtextextended('qingfeng tree', 0));

-- name: LockParents :exec
-- Units that come below one unit come one after another: each sees the titles of those before. Left to units_title, those called
-- alike would wait for each other, and one of them be told after a second that it was in the others' way.
SELECT unit_id FROM units WHERE unit_id = ANY (@unit_ids::text[]) AND valid_to > @day ORDER BY unit_id, valid_from FOR NO KEY UPDATE;

-- name: LockIntake :exec
-- The last moment of a change of the tree: all tips that were routed before it are stored, and none more is until it is there.
SELECT pg_advisory_xact_lock(hashtextextended('qingfeng intake', 0));

-- name: ShareIntake :exec
-- Tips come side by side, and while the tree changes, but not at the last moment of a change.
SELECT pg_advisory_xact_lock_shared(hashtextextended('qingfeng intake', 0));

-- name: TreeRevision :one
SELECT revision FROM tree_revision;

-- name: RequireTreeRevision :exec
SELECT require_tree_revision(@revision::bigint);

-- name: VersionsFrom :many
-- What a unit is on a day and later.
SELECT * FROM units WHERE unit_id = @unit_id AND valid_to > @day ORDER BY valid_from;

-- name: StartSubtreeVersions :exec
-- Has a version begin on a day for every unit under these paths that holds then.
WITH ended AS (
    UPDATE units u SET valid_to = @day::date
    FROM units old JOIN unnest(@paths::text[]) AS top ON in_subtree(old.path, top::ltree)
    WHERE u.unit_id = old.unit_id AND u.valid_from = old.valid_from AND old.valid_from < @day::date AND old.valid_to > @day::date
    RETURNING old.*)
INSERT INTO units (unit_id, valid_from, valid_to, title, title_form, kind, level, division_code, parent_id, system_parent_id,
                   region, path, responsible_office, first_responsible, leader_in_charge, sort, change_key)
SELECT unit_id, @day::date, valid_to, title, title_form, kind, level, division_code, parent_id, system_parent_id, region, path,
       responsible_office, first_responsible, leader_in_charge, sort, @change_key::text
FROM ended;

-- name: StartVersions :exec
-- Has a version begin on a day for each of these units that holds then; one that begins then anyway is of this change now.
WITH renewed AS (
    UPDATE units SET change_key = @change_key::text WHERE unit_id = ANY (@unit_ids::text[]) AND valid_from = @day::date),
ended AS (
    UPDATE units u SET valid_to = @day::date
    FROM units old
    WHERE u.unit_id = old.unit_id AND u.valid_from = old.valid_from
      AND old.unit_id = ANY (@unit_ids::text[]) AND old.valid_from < @day::date AND old.valid_to > @day::date
    RETURNING old.*)
INSERT INTO units (unit_id, valid_from, valid_to, title, title_form, kind, level, division_code, parent_id, system_parent_id,
                   region, path, responsible_office, first_responsible, leader_in_charge, sort, change_key)
SELECT unit_id, @day::date, valid_to, title, title_form, kind, level, division_code, parent_id, system_parent_id, region, path,
       responsible_office, first_responsible, leader_in_charge, sort, @change_key::text
FROM ended;

-- name: SetPathPrefixes :exec
-- Puts subtrees, planned versions included, under other paths from a day on.
UPDATE units u
SET path = CASE WHEN u.path = m.from_prefix THEN m.to_prefix ELSE m.to_prefix || subpath(u.path, nlevel(m.from_prefix)) END
FROM (SELECT unnest(@from_prefixes::text[])::ltree AS from_prefix, unnest(@to_prefixes::text[])::ltree AS to_prefix) m
WHERE in_subtree(u.path, m.from_prefix) AND u.valid_from >= @day::date;

-- name: SetParent :exec
UPDATE units SET parent_id = @to_id WHERE unit_id = ANY (@unit_ids::text[]) AND parent_id = @from_id AND valid_from >= @day::date;

-- name: SetSystemParent :exec
UPDATE units SET system_parent_id = @to_id
WHERE unit_id = ANY (@unit_ids::text[]) AND system_parent_id = @from_id AND valid_from >= @day::date;

-- name: SaveVersion :exec
UPDATE units SET title = @title, title_form = @title_form, kind = @kind, division_code = @division_code, sort = @sort,
    responsible_office = @responsible_office, first_responsible = @first_responsible, leader_in_charge = @leader_in_charge
WHERE unit_id = @unit_id AND valid_from = @valid_from;

-- name: ExistedBefore :one
SELECT EXISTS (SELECT FROM units WHERE unit_id = @unit_id AND valid_from < @day::date);

-- name: NamersOfUnit :many
-- What names a unit that is to come, besides the units below it: units that it takes over or comes of or that come of it, its
-- reports and exceptions from them, and its officers; each as it is called, reports by their schedules and periods.
SELECT n.name::text AS name, coalesce(n.title, '')::text AS title, n.schedule_id::text AS schedule_id, n.period::text AS period FROM (
    SELECT 'units/' || e.unit_id AS name, NULL AS title, '' AS schedule_id, '' AS period FROM unit_ends e WHERE e.successor_id = @unit_id
    UNION SELECT 'units/' || s.unit_id, NULL, '', '' FROM unit_successions s WHERE s.successor_id = @unit_id
    UNION SELECT 'units/' || s.successor_id, NULL, '', '' FROM unit_successions s WHERE s.unit_id = @unit_id
    UNION SELECT format('reports/%s.%s.%s', r.unit_id, r.schedule_id, r.period), NULL, r.schedule_id, r.period
          FROM reports r WHERE r.unit_id = @unit_id
    UNION SELECT 'reportExceptions/' || x.region || '-' || x.exception_key, NULL, x.schedule_id, x.period
          FROM report_exceptions x WHERE x.unit_id = @unit_id AND x.in_force
    UNION SELECT 'officers/' || o.region || '-' || o.key, o.body ->> 'title', '', ''
          FROM officers o WHERE o.unit_id = @unit_id AND o.state = 'OFFICER_STATE_APPOINTED'
) n ORDER BY n.name;

-- name: EndUnit :exec
-- What was to begin on the day itself never does.
WITH never AS (DELETE FROM units n WHERE n.unit_id = @unit_id AND n.valid_from >= @day::date)
UPDATE units u SET valid_to = @day::date WHERE u.unit_id = @unit_id AND u.valid_from < @day::date AND u.valid_to > @day::date;

-- name: ChildrenFrom :many
-- Units directly below another on a day or later.
SELECT DISTINCT unit_id, level FROM units
WHERE in_subtree(path, @path::ltree) AND parent_id = @parent_id AND valid_to > @day::date
ORDER BY unit_id;

-- name: SystemChildrenFrom :many
-- Units below another on the system line on a day or later, and whether they are on the day.
SELECT unit_id, bool_or(valid_from <= @day::date)::boolean AS by_then FROM units
WHERE system_parent_id = @parent_id AND system_parent_id <> '' AND valid_to > @day::date
GROUP BY unit_id ORDER BY unit_id;

-- name: DeepestFrom :one
-- How deep a subtree goes on a day or later, the root being 1.
SELECT coalesce(max(nlevel(path)), 0)::int FROM units WHERE in_subtree(path, @path::ltree) AND valid_to > @day::date;

-- name: SystemLineFrom :many
-- Units above one on the system line on a day or later, itself included.
WITH RECURSIVE line AS (
    SELECT @unit_id::text AS unit_id
    UNION
    SELECT u.system_parent_id FROM units u JOIN line l ON u.unit_id = l.unit_id
    WHERE u.system_parent_id <> '' AND u.valid_to > @day::date)
SELECT unit_id::text FROM line;

-- name: CodesFrom :many
-- Which of these division codes units have on a day or later.
-- Code by code, each through an index: over all codes at once the planner reads the whole table while an import fills it.
SELECT code::text FROM unnest(@codes::text[]) AS code
WHERE coalesce(
    (SELECT true FROM units u WHERE u.division_code = code AND u.division_code <> '' AND u.valid_to = '9999-12-31' LIMIT 1),
    (SELECT true FROM units u WHERE u.division_code = code AND u.division_code <> '' AND u.valid_to <> '9999-12-31'
       AND u.valid_to > @day::date LIMIT 1),
    false);

-- name: UnitsWithCode :many
-- Who has a division code on a day or later.
SELECT DISTINCT unit_id FROM units
WHERE division_code = @division_code AND division_code <> '' AND valid_to > @day::date;

-- name: AddTreeChange :exec
INSERT INTO tree_changes (change_key, act, effective_on, reason, decide_time, applied, unit_path, unit_ids, messages)
VALUES (@change_key, @act, @effective_on, @reason, @decide_time, @applied, @unit_path, @unit_ids, @messages);

-- name: AddUnitEnd :exec
INSERT INTO unit_ends (unit_id, ended_on, last_on, successor_id, change_key)
VALUES (@unit_id, @ended_on, @last_on, @successor_id, @change_key);

-- name: AddSuccessions :exec
INSERT INTO unit_successions (unit_id, successor_id, change_key)
SELECT @unit_id, unnest(@successor_ids::text[]), @change_key::text ON CONFLICT DO NOTHING;

-- name: DueDays :many
-- Days whose planned changes records have not followed yet.
SELECT DISTINCT effective_on FROM tree_changes WHERE NOT applied AND effective_on <= @today::date ORDER BY effective_on;

-- name: ReparentedOn :many
-- Where the subtrees went that came under another unit on a day.
SELECT p.path::text AS from_prefix, r.path::text AS to_prefix
FROM units r JOIN units p ON p.unit_id = r.unit_id AND p.valid_to = r.valid_from
WHERE r.valid_from = @day::date AND r.change_key <> '' AND p.parent_id <> r.parent_id;

-- name: EndedOn :many
-- Units that ended on a day, and their last path.
SELECT e.unit_id, e.successor_id, p.path::text AS from_prefix
FROM unit_ends e JOIN units p ON p.unit_id = e.unit_id AND p.valid_to = e.ended_on
WHERE e.ended_on = @day::date;

-- name: RecordPathOn :one
-- No row where nobody has them.
SELECT p.path::text AS path FROM (SELECT record_path(@unit_id, @day::date) AS path) p WHERE p.path IS NOT NULL;

-- name: RecordPathsOn :many
-- Where the records of some units are on a day. No row where nobody has them.
SELECT p.unit_id::text AS unit_id, p.path::text AS path
FROM (SELECT g.unit_id, record_path(g.unit_id, @day::date) AS path FROM (SELECT unnest(@unit_ids::text[]) AS unit_id) g) p
WHERE p.path IS NOT NULL;

-- name: MarkTreeChangesApplied :many
-- A change whose day has come can't be taken back any more. Gives what is told of each.
WITH done AS (
    UPDATE tree_changes SET applied = true WHERE NOT applied AND effective_on <= @today::date RETURNING change_key, messages
), deleted AS (
    DELETE FROM unit_undo u USING done d WHERE u.change_key = d.change_key
)
SELECT change_key, messages FROM done ORDER BY change_key;

-- name: AddMove :one
INSERT INTO moves (from_prefix, to_prefix, effective_on, apply_time, ended)
VALUES (@from_prefix, @to_prefix, @effective_on, @apply_time, @ended) RETURNING seq;

-- name: ListMoves :many
SELECT * FROM moves WHERE seq > @after_seq ORDER BY seq LIMIT @page_size;

-- name: ListUnitVersions :many
SELECT sqlc.embed(u), coalesce(c.act, '')::text AS act, coalesce(c.reason, '')::text AS reason, c.decide_time,
       coalesce(d.change_key, '')::text AS end_key, coalesce(d.act, '')::text AS end_act,
       coalesce(d.reason, '')::text AS end_reason,
       u.valid_from = (SELECT min(b.valid_from) FROM units b WHERE b.unit_id = u.unit_id) AS born,
       (e.unit_id IS NOT NULL)::boolean AS ended
FROM units u
LEFT JOIN tree_changes c ON c.change_key = u.change_key
LEFT JOIN unit_ends e ON e.unit_id = u.unit_id AND e.ended_on = u.valid_to
LEFT JOIN tree_changes d ON d.change_key = e.change_key
WHERE u.unit_id = @unit_id AND u.valid_from > @after_from::date
ORDER BY u.valid_from
LIMIT @page_size;

-- name: GetSuccession :one
-- What a unit came from and what it became.
SELECT ARRAY(SELECT s.unit_id FROM unit_successions s WHERE s.successor_id = @unit_id ORDER BY s.unit_id)::text[] AS predecessors,
       ARRAY(SELECT s.successor_id FROM unit_successions s
             WHERE s.unit_id = @unit_id ORDER BY s.successor_id)::text[] AS successors;

-- name: ListCoverageGaps :many
-- Units of some subtrees, none of which is within another, that lack what a rule asks, by the scheme of the nearest unit above each that has one. Levels are masks, in
-- which bit n stands for level n; kinds and what is wanted are names, split by blanks; sorts too, none where any will do.
-- Who leads the topmost unit nobody here says, so that it does not lack it.
WITH rules AS (
    SELECT unnest(@rule_scheme_units::text[]) AS scheme_unit, unnest(@rule_ids::text[]) AS rule_id,
           unnest(@level_masks::int[]) AS levels, string_to_array(unnest(@kinds::text[]), ' ') AS kinds,
           unnest(@needs::text[]) AS need, string_to_array(unnest(@wanted::text[]), ' ') AS wanted),
schedules AS (
    SELECT unnest(@schedule_scheme_units::text[]) AS scheme_unit, unnest(@schedule_levels::int[]) AS levels,
           string_to_array(unnest(@schedule_kinds::text[]), ' ') AS kinds,
           string_to_array(unnest(@schedule_sorts::text[]), ' ') AS sorts)
SELECT g.unit_id, g.title, g.path::text AS path, g.scheme_unit::text AS scheme_unit, g.rule_id::text AS rule_id
FROM unnest(@subtrees::text[]) AS top(path), LATERAL (
    SELECT u.unit_id, u.title, u.path, r.scheme_unit, r.rule_id
    FROM units u
    CROSS JOIN LATERAL (
        SELECT label.unit_id FROM unnest(string_to_array(u.path::text, '.')) WITH ORDINALITY AS label(unit_id, depth)
        WHERE label.unit_id = ANY (@scheme_units::text[])
        ORDER BY label.depth DESC LIMIT 1) AS holder
    JOIN rules r ON r.scheme_unit = holder.unit_id AND (r.levels >> u.level) & 1 = 1 AND u.kind = ANY (r.kinds)
    WHERE in_subtree(u.path, top.path::ltree) AND u.valid_from <= @day::date AND @day::date < u.valid_to
      AND u.path >= @after_path::ltree AND (u.path, r.rule_id) > (@after_path::ltree, @after_rule::text)
      AND NOT CASE r.need
          WHEN 'COVERAGE_NEED_POINT' THEN EXISTS (
              SELECT FROM units b
              WHERE (b.unit_id = u.unit_id OR b.parent_id = u.unit_id) AND b.kind = ANY (r.wanted)
                AND b.valid_from <= @day::date AND @day::date < b.valid_to
                AND (b.first_responsible <> '' OR EXISTS (
                    SELECT FROM officers o
                    WHERE o.unit_id = b.unit_id AND o.state = 'OFFICER_STATE_IN_OFFICE'
                      AND @day::date BETWEEN o.term_from AND o.term_to)))
          WHEN 'COVERAGE_NEED_OFFICER' THEN EXISTS (
              SELECT FROM officers o
              WHERE o.unit_id = u.unit_id AND o.state = 'OFFICER_STATE_IN_OFFICE'
                AND o.type = ANY (r.wanted) AND @day::date BETWEEN o.term_from AND o.term_to)
          WHEN 'COVERAGE_NEED_RESPONSIBLE_OFFICE' THEN u.responsible_office <> ''
          WHEN 'COVERAGE_NEED_FIRST_RESPONSIBLE' THEN u.first_responsible <> '' OR u.parent_id = ''
          WHEN 'COVERAGE_NEED_NO_EXCESS' THEN NOT EXISTS (
              SELECT FROM officers o
              WHERE o.unit_id = u.unit_id AND o.state = 'OFFICER_STATE_IN_OFFICE' AND @day::date BETWEEN o.term_from AND o.term_to
              GROUP BY o.type HAVING count(*) > min(o.max_in_office))
          WHEN 'COVERAGE_NEED_SCHEDULE' THEN EXISTS (
              SELECT FROM schedules s
              WHERE s.scheme_unit = r.scheme_unit AND (s.levels >> u.level) & 1 = 1 AND u.kind = ANY (s.kinds)
                AND (cardinality(s.sorts) = 0 OR u.sort = ANY (s.sorts)))
          ELSE u.leader_in_charge <> '' OR u.parent_id = '' END
    ORDER BY u.path, r.rule_id
    LIMIT @page_size
) g
ORDER BY g.path, g.rule_id
LIMIT @page_size;

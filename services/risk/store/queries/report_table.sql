-- name: GradeCatalogueOf :many
-- The risk points in force on a day of a unit and of the ended ones it acts for, of some grades or, where none are given, all, with the
-- positions and powers they are linked to by their titles of today; so many at most, and of how many. Those that were in force at
-- an ended unit on a day as of which a report of its own tells of them are left to that.
SELECT count(*) OVER () AS all_rows, (v.body ->> 'description')::text AS description, v.grade, v.category, coalesce(p.body ->> 'title', '')::text AS position,
       coalesce(o.body ->> 'title', '')::text AS owner, coalesce(i.body ->> 'title', '')::text AS power_item
FROM acted_for(ARRAY[@unit_id::text], @day::date) f
JOIN risk_points r ON r.unit_id = f.unit_id
JOIN risk_point_versions v ON v.region = r.region AND v.key = r.key AND v.effective_on <= @day::date AND @day::date < v.replaced_on
LEFT JOIN positions p ON p.region = region_of(v.position) AND p.key = key_of(v.position)
LEFT JOIN positions o ON o.region = region_of(v.owner_position) AND o.key = key_of(v.owner_position)
LEFT JOIN power_items i ON i.region = region_of(v.power_item) AND i.key = key_of(v.power_item)
WHERE (cardinality(@grades::text[]) = 0 OR v.grade = ANY (@grades::text[]))
  AND NOT EXISTS (SELECT FROM (SELECT unnest(@told_units::text[]) AS unit_id, unnest(@told_days::date[]) AS day) t
                  JOIN risk_point_versions w ON w.region = r.region AND w.key = r.key AND w.effective_on <= t.day AND t.day < w.replaced_on
                  WHERE t.unit_id = f.unit_id AND (cardinality(@grades::text[]) = 0 OR w.grade = ANY (@grades::text[])))
ORDER BY v.grade, v.key
LIMIT @most;

-- name: HasPointOfGrades :one
-- Whether the unit, or an ended one that it acts for, has a risk point of some grades in force on a day of which no report of an
-- ended unit tells.
SELECT EXISTS (
    SELECT FROM acted_for(ARRAY[@unit_id::text], @day::date) f
    JOIN risk_points r ON r.unit_id = f.unit_id
    JOIN risk_point_versions v
        ON v.region = r.region AND v.key = r.key AND v.effective_on <= @day::date AND @day::date < v.replaced_on
    WHERE v.grade = ANY (@grades::text[])
      AND NOT EXISTS (SELECT FROM (SELECT unnest(@told_units::text[]) AS unit_id, unnest(@told_days::date[]) AS day) t
                      JOIN risk_point_versions w
                          ON w.region = r.region AND w.key = r.key AND w.effective_on <= t.day AND t.day < w.replaced_on
                      WHERE t.unit_id = f.unit_id AND w.grade = ANY (@grades::text[]))
);

-- name: EndedFor :many
-- The ended units that another acts for at the end of a day, with who had the records of each next.
SELECT e.unit_id, e.above_id, e.ended_on FROM acted_for(ARRAY[@unit_id::text], @day::date) f
JOIN ended_units e ON e.unit_id = f.unit_id
WHERE e.unit_id <> @unit_id::text;

-- name: NoteChangedByException :exec
-- Notes that the tables of who acts for an ended unit have changed, as a report of that unit is owed, or is owed no more.
INSERT INTO changed_catalogues (unit_id)
SELECT u.id FROM (SELECT subpath(acting_path(e.path), -1)::text AS id FROM ended_units e WHERE e.unit_id = @unit_id::text) u
WHERE EXISTS (SELECT FROM filled_reports r WHERE r.unit_id = u.id) OR EXISTS (SELECT FROM waived_reports r WHERE r.unit_id = u.id);

-- name: NoteFilledReport :exec
INSERT INTO filled_reports (report, unit_id, last_day, table_sha256) VALUES (@report, @unit_id, @last_day, @table_sha256)
ON CONFLICT (report) DO UPDATE SET table_sha256 = excluded.table_sha256;

-- name: FilledReports :many
SELECT report, last_day, table_sha256 FROM filled_reports WHERE unit_id = @unit_id ORDER BY report;

-- name: ForgetFilledReport :exec
DELETE FROM filled_reports WHERE report = @report;

-- name: NoteWaivedReport :exec
INSERT INTO waived_reports (report, unit_id, last_day) VALUES (@report, @unit_id, @last_day) ON CONFLICT DO NOTHING;

-- name: WaivedReports :many
SELECT report FROM waived_reports WHERE unit_id = @unit_id ORDER BY report;

-- name: ForgetWaivedReport :exec
DELETE FROM waived_reports WHERE report = @report;

-- name: ForgetPastWaivedReports :exec
DELETE FROM waived_reports WHERE last_day < @today::date;

-- name: ChangedCatalogues :many
SELECT id, unit_id FROM changed_catalogues ORDER BY id LIMIT @most;

-- name: ForgetChangedCatalogues :exec
DELETE FROM changed_catalogues WHERE id = ANY (@ids::bigint[]);

-- name: GradeCatalogueOf :many
-- The risk points in force on a day of a unit and of the ended ones it acts for, of some grades or, where none are given, all, with the
-- positions and powers they are linked to by their titles of today; so many at most, and of how many.
SELECT count(*) OVER () AS all_rows, (v.body ->> 'description')::text AS description, v.grade, v.category, coalesce(p.body ->> 'title', '')::text AS position,
       coalesce(o.body ->> 'title', '')::text AS owner, coalesce(i.body ->> 'title', '')::text AS power_item
FROM acted_for(ARRAY[@unit_id::text], @day::date) f
JOIN risk_points r ON r.unit_id = f.unit_id
JOIN risk_point_versions v ON v.region = r.region AND v.key = r.key AND v.effective_on <= @day::date AND @day::date < v.replaced_on
LEFT JOIN positions p ON p.region = region_of(v.position) AND p.key = key_of(v.position)
LEFT JOIN positions o ON o.region = region_of(v.owner_position) AND o.key = key_of(v.owner_position)
LEFT JOIN power_items i ON i.region = region_of(v.power_item) AND i.key = key_of(v.power_item)
WHERE cardinality(@grades::text[]) = 0 OR v.grade = ANY (@grades::text[])
ORDER BY v.grade, v.key
LIMIT @most;

-- name: HasPointOfGrades :one
-- Whether the unit, or an ended one that it acts for, has a risk point of some grades in force on a day.
SELECT EXISTS (
    SELECT FROM acted_for(ARRAY[@unit_id::text], @day::date) f
    JOIN risk_points r ON r.unit_id = f.unit_id
    JOIN risk_point_versions v
        ON v.region = r.region AND v.key = r.key AND v.effective_on <= @day::date AND @day::date < v.replaced_on
    WHERE v.grade = ANY (@grades::text[])
);

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

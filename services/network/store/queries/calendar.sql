-- name: AddCalendarYear :exec
INSERT INTO calendar_years (body) VALUES (@body);

-- name: LastCalendarVersion :one
SELECT coalesce(max(version), 0)::integer FROM calendar_years WHERE year = @year;

-- name: ListCalendarYears :many
SELECT year, version, body FROM calendar_years
WHERE (year, version) < (@before_year::integer, @before_version::integer)
ORDER BY year DESC, version DESC
LIMIT @page_size;

-- name: LatestCalendarYears :many
SELECT DISTINCT ON (year) body FROM calendar_years ORDER BY year, version DESC;

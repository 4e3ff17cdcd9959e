-- name: WatchDeficiencies :exec
-- Has deficiencies be looked at again on a day of each.
INSERT INTO watched_deficiencies (name, look_on)
SELECT unnest(@names::text[]), unnest(@days::date[])
ON CONFLICT (name) DO UPDATE SET look_on = excluded.look_on;

-- name: UnwatchDeficiencies :exec
-- Has deficiencies not be looked at again before something is done about them.
DELETE FROM watched_deficiencies WHERE name = ANY (@names::text[]);

-- name: DeficienciesToLookAt :many
-- The deficiencies that are to be looked at by a day, those after a name.
SELECT name FROM watched_deficiencies WHERE look_on <= @day::date AND name > @after::text ORDER BY name LIMIT @most;

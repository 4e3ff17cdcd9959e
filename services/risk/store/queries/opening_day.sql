-- name: OpeningDay :one
-- The day on which a job last ran through, the given one before the first time.
SELECT coalesce(max(day), @today::date)::date FROM opening_days WHERE job = @job;

-- name: SetOpeningDay :exec
INSERT INTO opening_days (job, day) VALUES (@job, @day)
ON CONFLICT (job) DO UPDATE SET day = excluded.day WHERE opening_days.day <> excluded.day;

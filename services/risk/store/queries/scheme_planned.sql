-- name: SchemesToPlan :many
-- Versions of schemes in force by which a job has not planned its reminders.
SELECT s.scheme_id, s.effective_from, s.store_time, s.unit_id FROM schemes s
WHERE s.effective_from <= @today::date AND NOT EXISTS (
    SELECT FROM schemes_planned p
    WHERE p.job = @job AND p.scheme_id = s.scheme_id AND p.effective_from = s.effective_from AND p.store_time = s.store_time)
ORDER BY s.scheme_id, s.effective_from;

-- name: SetSchemePlanned :exec
INSERT INTO schemes_planned (job, scheme_id, effective_from, store_time) VALUES (@job, @scheme_id, @effective_from, @store_time)
ON CONFLICT DO NOTHING;

-- name: ForgetSchemesPlanned :exec
-- Has a job look at every scheme once more.
DELETE FROM schemes_planned WHERE job = @job;

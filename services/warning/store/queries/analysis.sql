-- name: SaveAnalysis :exec
INSERT INTO analyses (region, unit_id, period, period_first, unit_path, run_time, body)
VALUES (@region, @unit_id, @period, @period_first, @unit_path, @run_time, @body)
ON CONFLICT (region, unit_id, period)
DO UPDATE SET unit_path = excluded.unit_path, run_time = excluded.run_time, body = excluded.body,
              revision = analyses.revision + 1;

-- name: GetAnalysis :one
-- A unit that moved to another region may have two of one period; the later counts.
SELECT unit_path, body FROM analyses WHERE unit_id = @unit_id AND period = @period
ORDER BY run_time DESC
LIMIT 1;

-- name: ListAnalyses :many
SELECT unit_id, period, period_first,
    (body - '{counts,faults,months,channels,sourceRoles,countsLeftOut,faultsLeftOut}'::text[])::jsonb AS body
FROM analyses
WHERE unit_path <@ @subtree::ltree
  AND (period_first, period, unit_id) < (@before_first::date, @before_period::text, @before_unit::text)
ORDER BY period_first DESC, period DESC, unit_id DESC
LIMIT @page_size;

-- name: PeriodsToAnalyse :many
-- Which of some periods of the same length, given from the last one back, some units have still to analyse once they are over: the last
-- one, whose end is newest, and those before it that an outage kept from being analysed in time though an earlier one was.
WITH periods AS (
    SELECT unnest(@periods::text[]) AS period, unnest(@overs::timestamptz[]) AS over, unnest(@next_overs::timestamptz[]) AS next_over
)
SELECT u.unit_id::text AS unit_id, p.period::text AS period
FROM unnest(@unit_ids::text[]) AS u (unit_id), periods p
WHERE NOT EXISTS (SELECT FROM analyses a WHERE a.unit_id = u.unit_id AND a.period = p.period AND a.run_time >= p.over)
  AND (p.over = @newest::timestamptz
       OR EXISTS (SELECT FROM periods q JOIN analyses a ON a.unit_id = u.unit_id AND a.period = q.period
                  WHERE q.over < p.over AND a.run_time >= q.over AND a.run_time < q.next_over))
ORDER BY u.unit_id, p.over;

-- name: NewestPeriods :many
-- The last periods that a unit has analysed, and when.
SELECT period, run_time FROM analyses WHERE unit_id = @unit_id ORDER BY period_first DESC, period LIMIT @most;

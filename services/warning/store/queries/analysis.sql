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
    (body - '{counts,findings,faults,countsLeftOut,findingsLeftOut,faultsLeftOut}'::text[])::jsonb AS body
FROM analyses
WHERE unit_path <@ @subtree::ltree
  AND (period_first, period, unit_id) < (@before_first::date, @before_period::text, @before_unit::text)
ORDER BY period_first DESC, period DESC, unit_id DESC
LIMIT @page_size;

-- name: UnitsToAnalyse :many
-- Units with a scheme of their own that have no analysis of a period yet, save one made before the period was over.
SELECT DISTINCT s.unit_id FROM schemes s
WHERE s.effective_from <= @on_date::date
  AND NOT EXISTS (SELECT FROM analyses a WHERE a.unit_id = s.unit_id AND a.period = @period AND a.run_time >= @over)
ORDER BY s.unit_id;

-- name: UnitPaths :many
-- Every place a unit ever had in the tree.
SELECT DISTINCT path FROM units WHERE unit_id = @unit_id;

-- name: SummarizeReports :many
-- Counts the reports of the units that stood in a subtree when they were opened, by direct child of its top.
SELECT (CASE WHEN r.unit_path_then = @top_path::ltree THEN subpath(r.unit_path_then, -1)
             ELSE subpath(r.unit_path_then, nlevel(@top_path::ltree), 1) END)::text        AS child,
       count(*)                                                                            AS expected,
       count(*) FILTER (WHERE r.exempted)                                                  AS exempted,
       count(*) FILTER (WHERE NOT r.exempted AND r.submit_on <= r.close_on)                AS on_time,
       count(*) FILTER (WHERE NOT r.exempted AND r.submit_on > r.close_on)                 AS late,
       count(*) FILTER (WHERE NOT r.exempted AND r.submit_on IS NULL AND r.close_on < @today::date) AS overdue,
       count(*) FILTER (WHERE NOT r.exempted AND r.state = @accepted::text)                AS accepted,
       count(*) FILTER (WHERE NOT r.exempted AND r.returns > 0)                            AS returned,
       count(*) FILTER (WHERE NOT r.exempted AND r.zero)                                   AS zero,
       coalesce(sum(r.content_met) FILTER (WHERE NOT r.exempted), 0)::bigint               AS content_met,
       coalesce(sum(r.content_of) FILTER (WHERE NOT r.exempted), 0)::bigint                AS content_of
FROM (SELECT unnest(@firsts::date[]) AS first) p
JOIN reports r ON r.schedule_id = @schedule_id AND r.period_first = p.first
              AND in_subtree(r.unit_path_then, @top_path::ltree)
GROUP BY 1
ORDER BY 1;

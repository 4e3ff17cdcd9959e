-- name: UnitPaths :many
-- Every place that some units ever had in the tree.
SELECT DISTINCT path FROM units WHERE unit_id = ANY (@unit_ids::text[]);

-- name: SummarizeReports :many
-- Counts the reports of the units that stood in some subtrees when they were opened, none of which is within another: by top, but
-- below the unit asked about by its direct child. OFFSET 0 has the planner take each as a range of the index, not all for each.
SELECT (CASE WHEN subpath(t.path, -1, 1) = @asked::ltree
             THEN subpath(r.unit_path_then, least(nlevel(t.path), nlevel(r.unit_path_then) - 1), 1)
             ELSE subpath(t.path, -1, 1) END)::text                                        AS child,
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
CROSS JOIN (SELECT unnest(@tops::text[])::ltree AS path) t
CROSS JOIN LATERAL (
    SELECT r.unit_path_then, r.state, r.submit_on, r.close_on, r.exempted, r.zero, r.returns, r.content_met, r.content_of
    FROM reports r
    WHERE r.schedule_id = @schedule_id AND r.period_first = p.first AND in_subtree(r.unit_path_then, t.path)
    OFFSET 0) r
GROUP BY 1
ORDER BY 1;

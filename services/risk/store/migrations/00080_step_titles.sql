-- +goose Up

-- What the step of a risk point was called in the workflow of its power on the day of the publication (T4, J6).
ALTER TABLE publication_entries ADD COLUMN step_title text NOT NULL DEFAULT '';

CREATE FUNCTION step_title(entry jsonb, day date) RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT coalesce((
        SELECT s.step ->> 'title'
        FROM power_item_versions p
        CROSS JOIN LATERAL jsonb_array_elements(p.body -> 'steps') AS s (step)
        WHERE $1 ? 'step' AND p.region = region_of($1 ->> 'powerItem') AND p.key = key_of($1 ->> 'powerItem')
          AND p.effective_on <= $2 AND p.replaced_on > $2 AND s.step ->> 'id' = $1 ->> 'step'
        LIMIT 1
    ), '')
$$;

-- +goose Down
DROP FUNCTION step_title;
ALTER TABLE publication_entries DROP COLUMN step_title;

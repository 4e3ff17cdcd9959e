-- +goose Up

-- The stage of the review that entries of the register await: whoever passes it lists what is there for them (J4, T12, T22).
ALTER TABLE power_items ADD COLUMN review_stage text GENERATED ALWAYS AS (body #>> '{standing,reviewStage}') STORED;
CREATE INDEX power_items_review ON power_items (unit_path, key, review_stage) WHERE review_stage IS NOT NULL;
ALTER TABLE risk_points ADD COLUMN review_stage text GENERATED ALWAYS AS (body #>> '{standing,reviewStage}') STORED;
CREATE INDEX risk_points_review ON risk_points (unit_path, key, review_stage) WHERE review_stage IS NOT NULL;

-- Whether an entry with some reviews awaits somebody of a unit, of whom the stages of schemes say, by the units of the schemes, which
-- they may pass. As the review has it, that is the first stage that has not approved it or, where the scheme has dropped that, the
-- last; and nobody reviews what is their own unit's, save the root.
CREATE FUNCTION awaits_review_of(reviewer text, stages jsonb, path ltree, reviews jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT (nlevel(a.path) = 1 OR subpath(a.path, -1)::text <> $1) AND coalesce((
        SELECT (s.stage -> 'mine')::boolean
        FROM jsonb_array_elements($2 -> nearest_of(a.path, $2)) WITH ORDINALITY AS s (stage, n)
        WHERE NOT coalesce($4 @> jsonb_build_array(jsonb_build_object('stage', s.stage -> 'id', 'result', 'REVIEW_RESULT_APPROVED')), false)
        ORDER BY s.n LIMIT 1
    ), ($2 -> nearest_of(a.path, $2) -> -1 -> 'mine')::boolean, false)
    FROM (SELECT acting_path($3) AS path) a
$$;

-- +goose Down
DROP FUNCTION awaits_review_of;
ALTER TABLE risk_points DROP COLUMN review_stage;
ALTER TABLE power_items DROP COLUMN review_stage;

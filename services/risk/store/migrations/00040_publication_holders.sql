-- +goose Up

-- What an entry of a publication shows otherwise than its version, which keeps who owned it when it was approved: who holds the
-- position of its owner on the day of the publication (T4, T5, T22).
ALTER TABLE publication_entries ADD COLUMN shown jsonb NOT NULL DEFAULT '{}';

CREATE FUNCTION shown_on(entry jsonb, day date) RETURNS jsonb LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT coalesce((
        SELECT jsonb_build_object('owner', jsonb_strip_nulls(jsonb_build_object(
            'position', $1 ->> 'ownerPosition', 'title', p.body ->> 'title', 'person', holder_on(p.body, to_char($2, 'YYYY-MM-DD'))
        )))
        FROM positions p
        WHERE p.region = region_of($1 ->> 'ownerPosition') AND p.key = key_of($1 ->> 'ownerPosition')
    ), '{}')
$$;

-- +goose Down
DROP FUNCTION shown_on;
ALTER TABLE publication_entries DROP COLUMN shown;

-- +goose Up

-- What is done about risk points (T8).
CREATE TABLE controls (
    region         text        NOT NULL,
    key            text        NOT NULL,
    unit_path      ltree       NOT NULL,
    create_time    timestamptz NOT NULL,
    revision       bigint      NOT NULL DEFAULT 1,
    body           jsonb       NOT NULL,
    unit_id        text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    risk_point     text        NOT NULL GENERATED ALWAYS AS (body ->> 'riskPoint') STORED,
    owner_position text        NOT NULL GENERATED ALWAYS AS (body ->> 'ownerPosition') STORED,
    form           text        NOT NULL GENERATED ALWAYS AS (body ->> 'form') STORED,
    grade          text        NOT NULL GENERATED ALWAYS AS (body ->> 'grade') STORED,
    state          text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    due_on         date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    done_on        date        GENERATED ALWAYS AS (date_of(body ->> 'doneOn')) STORED,
    remind_on      date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    -- whether it counts for its risk point no more
    given_up       boolean     NOT NULL GENERATED ALWAYS AS (
        body ->> 'state' = 'CONTROL_STATE_CANCELLED' OR coalesce((body -> 'pointGone')::boolean, false)) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX controls_listed ON controls (unit_path, key);
CREATE INDEX controls_unit ON controls USING gist (unit_path);
CREATE INDEX controls_grade ON controls (grade, unit_path, key);
CREATE INDEX controls_form ON controls (form, unit_path, key);
CREATE INDEX controls_owed ON controls (unit_path, key, due_on) WHERE state IN ('CONTROL_STATE_PLANNED', 'CONTROL_STATE_RETURNED');
CREATE INDEX controls_due ON controls (unit_id, due_on);
CREATE INDEX controls_risk_point ON controls (risk_point, unit_path, key);
CREATE INDEX controls_owner ON controls (owner_position, unit_path, key);
CREATE INDEX controls_remind ON controls (remind_on) WHERE remind_on IS NOT NULL;

-- Controls of a risk point that are not given up, as a publication shows them, with who answers for each, by what the position is called,
-- and by when; none where it does not show them. The bound keeps an entry as long as people read.
CREATE FUNCTION published_controls(point text, shown boolean) RETURNS jsonb LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'control', 'controls/' || c.region || '-' || c.key, 'form', c.form, 'measure', c.measure,
        'ownerTitle', coalesce(p.body ->> 'title', ''), 'dueOn', c.due
    ) ORDER BY c.key, c.region), '[]')
    FROM (
        SELECT region, key, form, body ->> 'measure' AS measure, owner_position, body ->> 'dueOn' AS due FROM controls
        WHERE $2 AND risk_point = $1 AND NOT given_up
        ORDER BY key, region LIMIT 100
    ) c LEFT JOIN positions p ON p.region = region_of(c.owner_position) AND p.key = key_of(c.owner_position)
$$;
-- What the hash of a publication counts of the controls of an entry, as its proto says it.
CREATE FUNCTION control_lines(controls jsonb) RETURNS text LANGUAGE sql IMMUTABLE
AS $$
    SELECT coalesce(string_agg(
        (c ->> 'control') || ' ' || (c ->> 'form') || ' ' || (c ->> 'dueOn') || ' '
            || encode(sha256(convert_to(c ->> 'measure', 'UTF8')), 'hex') || ' '
            || encode(sha256(convert_to(c ->> 'ownerTitle', 'UTF8')), 'hex') || E'\n',
        '' ORDER BY i
    ), '')
    FROM jsonb_array_elements($1) WITH ORDINALITY AS n (c, i)
$$;

-- +goose Down
DROP FUNCTION control_lines, published_controls;
DROP TABLE controls;

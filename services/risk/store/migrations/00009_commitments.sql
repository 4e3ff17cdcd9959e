-- +goose Up

-- Who holds a position, by its body, on a day as it is written; null where nobody does.
CREATE FUNCTION holder_on(body jsonb, day text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT h ->> 'person' FROM jsonb_array_elements(body -> 'holders') AS h
        WHERE h ->> 'from' <= day AND coalesce(h ->> 'until', day) >= day LIMIT 1);

-- Who holds the position of a name on a day as it is written.
CREATE FUNCTION holder_of(name text, day text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT holder_on(p.body, $2) FROM positions p WHERE p.region = region_of($1) AND p.key = key_of($1)
$$;

-- Whether a position has a risk point of some grades in force on a day, where it lies or as its owner.
CREATE FUNCTION has_grade(name text, grades text[], day date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT EXISTS (SELECT FROM risk_point_versions v
                   WHERE v.owner_position = $1 AND v.grade = ANY ($2) AND v.effective_on <= $3 AND v.replaced_on > $3)
        OR EXISTS (SELECT FROM risk_point_versions v
                   WHERE v.position = $1 AND v.grade = ANY ($2) AND v.effective_on <= $3 AND v.replaced_on > $3)
$$;

-- The last unit on a path by which some rules are kept: the one whose scheme holds there.
CREATE FUNCTION nearest_of(path ltree, rules jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT u.id FROM unnest(string_to_array(path::text, '.')) WITH ORDINALITY AS u (id, n)
        WHERE rules ? u.id ORDER BY u.n DESC LIMIT 1);

-- The rules that ask something of a position on a day (T5, T10, T18), of those that schemes have by their units: the one definition. A
-- rule names ranks, tiers and grades, any of them where it names none. It sets no search path, so that it becomes part of the query that
-- asks; what it calls was found when it was made.
-- +goose StatementBegin
CREATE FUNCTION rules_asking(rules jsonb, day date, name text, path ltree, rank text, tier text) RETURNS SETOF jsonb
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT r FROM jsonb_array_elements(rules -> nearest_of(path, rules)) AS r
    WHERE (NOT r ? 'ranks' OR r -> 'ranks' ? rank) AND (NOT r ? 'tiers' OR r -> 'tiers' ? tier)
      AND (NOT r ? 'grades' OR has_grade(name, ARRAY(SELECT jsonb_array_elements_text(r -> 'grades')), day));
END;
-- +goose StatementEnd

-- Whether a commitment of a year binds its holder still or did until that year was over: others count for nobody.
CREATE FUNCTION lasted(year integer, lapsed_on date) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lapsed_on IS NULL OR lapsed_on > make_date(year, 12, 31);

-- Commitments of positions, one for each rule, year and holder (T5).
CREATE TABLE commitments (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    position    text        NOT NULL GENERATED ALWAYS AS (body ->> 'position') STORED,
    rule        text        NOT NULL GENERATED ALWAYS AS (body ->> 'rule') STORED,
    year        integer     NOT NULL GENERATED ALWAYS AS ((body #> '{content,year}')::integer) STORED,
    person      text        NOT NULL GENERATED ALWAYS AS (body #>> '{content,maker,person}') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    made        boolean     NOT NULL GENERATED ALWAYS AS (body ? 'signature') STORED,
    countered   boolean     NOT NULL GENERATED ALWAYS AS (body ? 'counterSignature') STORED,
    due_on      date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    remind_on   date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    signed_on   date        GENERATED ALWAYS AS (date_of(body ->> 'signedOn')) STORED,
    lapsed_on   date        GENERATED ALWAYS AS (date_of(body ->> 'lapsedOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX commitments_listed ON commitments (unit_path, key);
CREATE INDEX commitments_unit ON commitments USING gist (unit_path);
CREATE INDEX commitments_year ON commitments (year, unit_path, key);
CREATE INDEX commitments_open ON commitments (unit_path, key) WHERE state = 'COMMITMENT_STATE_OPEN';
CREATE INDEX commitments_unsigned ON commitments (year, unit_path, key) WHERE signed_on IS NULL;
CREATE INDEX commitments_position ON commitments (position, unit_path, key);
CREATE INDEX commitments_due ON commitments (unit_id, due_on);
CREATE INDEX commitments_remind ON commitments (remind_on) WHERE remind_on IS NOT NULL;
CREATE UNIQUE INDEX commitments_once ON commitments (position, rule, year, person) WHERE state <> 'COMMITMENT_STATE_LAPSED';

-- +goose Down
DROP TABLE commitments;
DROP FUNCTION lasted, rules_asking, nearest_of, has_grade, holder_of, holder_on;

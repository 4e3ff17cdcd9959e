-- +goose Up

-- What units make public of the register (J6, T4, T12, T22).
CREATE TABLE publications (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    kind        text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX publications_listed ON publications (unit_path, key);
CREATE INDEX publications_unit ON publications USING gist (unit_path);
CREATE INDEX publications_kind ON publications (kind, unit_path, key);
CREATE INDEX publications_state ON publications (state, unit_path, key);

-- Which versions a publication holds, in its order. Neither they nor the versions ever change. Titles are what the power and the
-- positions of an entry were called then; controls are those of a risk point then, as the API shows them.
CREATE TABLE publication_entries (
    region          text    NOT NULL, -- of the publication
    key             text    NOT NULL,
    number          integer NOT NULL,
    entry_region    text    NOT NULL,
    entry_key       text    NOT NULL,
    version         integer NOT NULL,
    content_sha256  text    NOT NULL,
    power_title     text    NOT NULL,
    position_titles text[]  NOT NULL,
    controls        jsonb   NOT NULL,
    PRIMARY KEY (region, key, number),
    UNIQUE (region, key, entry_region, entry_key)
);

-- The versions of both registers, each named by its collection, so that a publication is one query whatever it holds.
CREATE VIEW register_versions AS
SELECT 'powerItems'::text AS collection, region, key, version, unit_path, body, effective_on, replaced_on
FROM power_item_versions
UNION ALL
SELECT 'riskPoints'::text, region, key, version, unit_path, body, effective_on, replaced_on
FROM risk_point_versions;

-- What the power of an entry was called on a day, and what its positions are called.
CREATE FUNCTION power_title(entry jsonb, day date) RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT coalesce((
        SELECT p.body ->> 'title' FROM power_item_versions p
        WHERE p.region = region_of($1 ->> 'powerItem') AND p.key = key_of($1 ->> 'powerItem')
          AND p.effective_on <= $2 AND p.replaced_on > $2
    ), '')
$$;
CREATE FUNCTION position_titles(entry jsonb) RETURNS text[] LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT ARRAY(
        SELECT coalesce(p.body ->> 'title', '')
        FROM jsonb_array_elements_text(coalesce($1 -> 'positions', jsonb_build_array($1 -> 'position'))) WITH ORDINALITY AS n (name, i)
        LEFT JOIN positions p ON p.region = region_of(n.name) AND p.key = key_of(n.name)
        WHERE n.name IS NOT NULL
        ORDER BY n.i
    )
$$;

-- +goose Down
DROP FUNCTION position_titles, power_title;
DROP VIEW register_versions;
DROP TABLE publication_entries, publications;

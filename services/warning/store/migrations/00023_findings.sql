-- +goose Up

-- What stood out in the tips of a period. The key begins with the first day of the period and goes on with a hash of what was found
-- where, so that what is found again has the name it had.
CREATE TABLE findings (
    region        text        NOT NULL,
    key           text        NOT NULL,
    unit_path     ltree       NOT NULL,     -- of the unit that analyses
    create_time   timestamptz NOT NULL,
    revision      bigint      NOT NULL DEFAULT 1,
    body          jsonb       NOT NULL,
    unit_id       text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    period        text        NOT NULL GENERATED ALWAYS AS (body ->> 'period') STORED,
    about_id      text        NOT NULL GENERATED ALWAYS AS (split_part(body #>> '{count,unit}', '/', 2)) STORED,
    subject_area  text        NOT NULL GENERATED ALWAYS AS (coalesce(body #>> '{count,subjectArea}', '')) STORED, -- empty: the unit as a whole
    finding_class text        NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'findingClass', '')) STORED,
    warning_level text        NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'warningLevel', '')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX findings_newest ON findings (key);
CREATE INDEX findings_tree ON findings USING gist (unit_path);
CREATE INDEX findings_unit ON findings (unit_id, key);
CREATE INDEX findings_about ON findings (about_id, key);
CREATE INDEX findings_area ON findings (subject_area, key);
CREATE INDEX findings_class ON findings (finding_class, key) WHERE finding_class <> '';

-- +goose Down
DROP TABLE findings;

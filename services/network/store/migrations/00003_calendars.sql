-- +goose Up

-- What the notices of further years say; the newest version of a year holds.
CREATE TABLE calendar_years (
    body    jsonb   NOT NULL,
    year    integer NOT NULL GENERATED ALWAYS AS ((body ->> 'year')::integer) STORED,
    version integer NOT NULL GENERATED ALWAYS AS ((body ->> 'version')::integer) STORED,
    PRIMARY KEY (year, version)
);

-- +goose Down
DROP TABLE calendar_years;

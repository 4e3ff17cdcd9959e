-- +goose Up

-- What the notices of further years say; the newest version of a year holds.
CREATE TABLE calendar_years (
    year    integer NOT NULL,
    version integer NOT NULL,
    body    jsonb   NOT NULL,
    PRIMARY KEY (year, version)
);

-- +goose Down
DROP TABLE calendar_years;

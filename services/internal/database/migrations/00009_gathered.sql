-- +goose Up

-- What a run of a job has gathered to tell a unit at its end, in one message; see package collection. What a run that broke off has
-- left here is told by the next one.
CREATE TABLE gathered (
    job       text    NOT NULL,
    path      text    NOT NULL, -- of the unit, as it was
    count     integer NOT NULL,
    first_day text    NOT NULL,
    message   jsonb   NOT NULL, -- of the first record, told where there is no other
    PRIMARY KEY (job, path)
);

-- +goose Down
DROP TABLE gathered;

-- +goose Up

-- What the units of a round scored.
CREATE TABLE scores (
    region     text    NOT NULL,
    round_key  text    NOT NULL,
    body       jsonb   NOT NULL,
    unit_id    text    NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    grade      text    NOT NULL GENERATED ALWAYS AS (body ->> 'grade') STORED,
    -- All points together, in hundredths: exact, so that pages never skip a tie. JSON leaves out a total of zero.
    hundredths integer NOT NULL GENERATED ALWAYS AS (coalesce(round((body ->> 'total')::numeric * 100), 0)::integer) STORED,
    PRIMARY KEY (region, round_key, unit_id)
);
CREATE INDEX scores_best ON scores (region, round_key, (-hundredths), unit_id);

-- +goose Down
DROP TABLE scores;

-- +goose Up
CREATE TABLE rounds (
    round_key text     PRIMARY KEY,
    unit_path ltree    NOT NULL,            -- path of the unit that assesses
    state     smallint NOT NULL,
    revision  bigint   NOT NULL DEFAULT 1,
    body      jsonb    NOT NULL
);
CREATE INDEX rounds_unit ON rounds USING gist (unit_path);

-- Which units take part: fixed when the round is opened, whatever becomes of the tree.
CREATE TABLE round_units (
    round_key text NOT NULL,
    unit_id   text NOT NULL,
    PRIMARY KEY (round_key, unit_id)
);

CREATE TABLE scores (
    round_key  text    NOT NULL,
    unit_id    text    NOT NULL,
    hundredths integer NOT NULL,            -- all points together, in hundredths: exact, so that pages never skip a tie
    grade      text    NOT NULL,
    body       jsonb   NOT NULL,
    PRIMARY KEY (round_key, unit_id)
);
CREATE INDEX scores_best ON scores (round_key, (-hundredths), unit_id);

-- +goose Down
DROP TABLE scores, round_units, rounds;

-- +goose Up

-- Sums of what the tips of officers were worth (ADR 024). Which tips they are made of is written nowhere.
CREATE TABLE officer_points (
    appointing_id text  NOT NULL,
    body          jsonb NOT NULL,
    officer       text  NOT NULL COLLATE "C" GENERATED ALWAYS AS (body ->> 'officer') STORED,
    last_month    text  NOT NULL COLLATE "C" GENERATED ALWAYS AS (body ->> 'lastMonth') STORED,   -- the last counted, "2026-11"
    PRIMARY KEY (officer, last_month)
);
CREATE INDEX officer_points_appointed ON officer_points (appointing_id, last_month, officer);

-- How far the counting has come, and what is carried over, sealed to the key of the instance: one row.
CREATE TABLE officer_scoring (
    singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    next_month date    NOT NULL,               -- first month not yet counted
    carried    bytea   NOT NULL
);

-- +goose Down
DROP TABLE officer_scoring, officer_points;

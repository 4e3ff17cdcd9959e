-- +goose Up

-- Up to where the journals of other services were handled; see package feed.
CREATE TABLE feed_positions (
    feed     text PRIMARY KEY,
    position text NOT NULL
);

-- +goose Down
DROP TABLE feed_positions;

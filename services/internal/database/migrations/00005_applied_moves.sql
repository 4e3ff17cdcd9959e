-- +goose Up

-- Up to which move of the tree the paths of a service's records are final; see package follow.
CREATE TABLE applied_moves (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    seq       bigint  NOT NULL
);
INSERT INTO applied_moves (seq) VALUES (0);

-- +goose Down
DROP TABLE applied_moves;

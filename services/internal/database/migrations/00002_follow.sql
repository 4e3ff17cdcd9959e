-- +goose Up
-- Up to which move of the tree a service's records have followed for good; see package follow.
CREATE TABLE followed (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    seq       bigint  NOT NULL
);
INSERT INTO followed (seq) VALUES (0);

-- +goose Down
DROP TABLE followed;

-- +goose Up

-- Versions of schemes. A version never changes once a record has used it.
CREATE TABLE schemes (
    scheme_id      text        NOT NULL,
    effective_from date        NOT NULL,
    unit_id        text        NOT NULL,
    store_time     timestamptz NOT NULL,
    store_xact     bigint      NOT NULL,   -- as in the journal: what stands there later came after it
    body           jsonb       NOT NULL,
    PRIMARY KEY (scheme_id, effective_from)
);
CREATE INDEX schemes_unit ON schemes (unit_id, effective_from DESC);

-- +goose Down
DROP TABLE schemes;

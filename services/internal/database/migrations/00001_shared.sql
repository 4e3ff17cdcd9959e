-- +goose Up
-- What every service keeps beside its own tables, in its own schema.

-- Who did what, when and to which record (X3). Written in the transaction of the change itself.
CREATE TABLE audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    method      text        NOT NULL,
    resource    text        NOT NULL,
    unit_path   ltree       NOT NULL,   -- path of the unit the record belongs to
    actor       text        NOT NULL,   -- empty where the author is protected
    actor_unit  text        NOT NULL,
    request     text        NOT NULL    -- id of the request, as in the log
);
CREATE INDEX audit_resource ON audit (resource, id);

-- What happened, for whoever stands above this service. xact orders rows by commit: a reader stops below the oldest
-- transaction still running, so it never overtakes one.
CREATE TABLE outbox (
    xact        xid8        NOT NULL DEFAULT pg_current_xact_id(),
    seq         bigint      GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL,
    event       text        NOT NULL,
    resource    text        NOT NULL,
    unit_path   ltree       NOT NULL,
    PRIMARY KEY (xact, seq)
);

-- First answers to requests that carried a request id, each sealed with a key made from that id, which is not stored.
CREATE TABLE answers (
    digest      bytea       PRIMARY KEY,
    sealed      bytea       NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX answers_at ON answers (at);

-- Versions of schemes. A version never changes.
CREATE TABLE schemes (
    scheme_id      text  NOT NULL,
    effective_from date  NOT NULL,
    unit_id        text  NOT NULL,
    store_time     timestamptz NOT NULL,
    body           jsonb NOT NULL,
    PRIMARY KEY (scheme_id, effective_from)
);
CREATE INDEX schemes_unit ON schemes (unit_id, effective_from DESC);

-- +goose Down
DROP TABLE schemes, answers, outbox, audit;

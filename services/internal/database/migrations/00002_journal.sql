-- +goose Up

-- Who did what, when, why and to which record (X3): a row a record changed, written in the transaction of the change, never
-- changed and never deleted. xact, the number of the transaction, orders rows: a reader stops below the oldest transaction still
-- running, so that it never overtakes one.
CREATE TABLE journal (
    xact        bigint      NOT NULL,
    seq         bigint      GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL,
    event       text        NOT NULL,   -- the RPC, "network.TipService.SubmitTip", or the job
    resource    text        NOT NULL,
    unit_path   ltree       NOT NULL CHECK (nlevel(unit_path) > 0), -- path, on that day, of the unit the record belongs to
    actor       text        NOT NULL,   -- empty where the source is protected
    actor_unit  text        NOT NULL,
    request     text        NOT NULL,   -- id of the request, as in the log
    reason      text        NOT NULL,
    messages    jsonb,                  -- what units are notified of
    PRIMARY KEY (xact, seq)
);
CREATE INDEX journal_resource ON journal (resource, xact, seq);
CREATE INDEX journal_actor ON journal (actor, xact, seq) WHERE actor <> '';
CREATE INDEX journal_units ON journal USING gin (string_to_array(unit_path::text, '.'));
CREATE INDEX journal_messages ON journal (xact, seq) WHERE messages IS NOT NULL;
CREATE INDEX journal_at ON journal USING brin (at);

-- +goose StatementBegin
CREATE FUNCTION refuse_journal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is only added to';
END $$;
-- +goose StatementEnd
CREATE TRIGGER journal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_journal_change();

-- What is added to the cluster's transaction numbers, so that those of the journal go on where a dump is restored into a younger
-- cluster.
CREATE TABLE journal_base (xact bigint NOT NULL);
INSERT INTO journal_base VALUES (0);

-- Up to which position messages have been relayed to the network service.
CREATE TABLE relayed (xact bigint NOT NULL, seq bigint NOT NULL);
INSERT INTO relayed VALUES (0, 0);

-- +goose Down
DROP TABLE relayed, journal_base, journal;
DROP FUNCTION refuse_journal_change;

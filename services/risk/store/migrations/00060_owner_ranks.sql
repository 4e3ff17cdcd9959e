-- +goose Up

-- Whether the owner of a risk point stands neither at its unit nor above it, since units have ended or moved (T5). What lay with a unit
-- that has ended lies with its successor.
-- +goose StatementBegin
CREATE FUNCTION owner_elsewhere(path ltree, owner text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM positions o
                   WHERE o.region = region_of(owner) AND o.key = key_of(owner) AND NOT o.unit_path @> acting_path(path));
END;
-- +goose StatementEnd

-- Whether the holder of a position is in charge of a unit, or of one above it.
CREATE FUNCTION in_charge(post jsonb, path ltree) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
    SELECT coalesce($1 -> 'inChargeOf' ?| ARRAY(
        SELECT 'units/' || u FROM unnest(string_to_array($2::text, '.') || string_to_array(acting_path($2)::text, '.')) AS u), false)
$$;
CREATE INDEX positions_in_charge ON positions (unit_path, rank) WHERE body ? 'inChargeOf' AND ended_on IS NULL;

-- Whether another position of the rank and the unit of an owner is in charge of a unit, and the owner is not (T5).
CREATE FUNCTION charge_of_another(path ltree, owner text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
    SELECT EXISTS (
        SELECT FROM positions o
        JOIN positions l ON l.unit_path = o.unit_path AND l.rank = o.rank AND l.body ? 'inChargeOf' AND l.ended_on IS NULL
        WHERE o.region = region_of($2) AND o.key = key_of($2) AND in_charge(l.body, $1) AND NOT in_charge(o.body, $1))
$$;

-- Whether the owner of a risk point stands elsewhere, leaves it to another one in charge or has not the rank that its grade asks for (T5), by the ranks of the grades that schemes have by their
-- units: the one definition. Each grade has its rank, and those higher. A higher rank owns what lies with a position above that rank, whose
-- own people don't answer for it, and where no position at the unit or above it is of that rank.
-- +goose StatementBegin
CREATE FUNCTION owner_unfit(rules jsonb, path ltree, grade text, owner text, lies text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT owner_elsewhere(path, owner) OR EXISTS (
        SELECT FROM jsonb_array_elements(rules -> nearest_of(path, rules)) AS g WHERE g ->> 'grade' = $3 AND charge_of_another(path, owner)
    ) OR EXISTS (
        SELECT FROM positions o, jsonb_array_elements(rules -> nearest_of(path, rules)) AS g
        WHERE o.region = region_of(owner) AND o.key = key_of(owner)
          AND g ->> 'grade' = $3 AND coalesce(o.rank, '') <> g ->> 'rank'
          AND NOT (coalesce(g -> 'higher' ? o.rank, false) AND (
              EXISTS (SELECT FROM positions l WHERE l.region = region_of(lies) AND l.key = key_of(lies) AND g -> 'higher' ? l.rank)
              OR NOT EXISTS (SELECT FROM positions p WHERE p.rank = g ->> 'rank' AND p.ended_on IS NULL AND p.unit_path @> acting_path(path)))));
END;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION owner_unfit;
DROP FUNCTION charge_of_another;
DROP INDEX positions_in_charge;
DROP FUNCTION in_charge;
DROP FUNCTION owner_elsewhere;

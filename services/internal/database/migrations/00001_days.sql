-- +goose Up

-- The day that a body writes as "2026-11-05", for columns that are generated from it: a cast depends on settings, so that
-- PostgreSQL takes none there.
CREATE FUNCTION date_of(day text) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN make_date(left(day, 4)::integer, substr(day, 6, 2)::integer, substr(day, 9, 2)::integer);

-- +goose Down
DROP FUNCTION date_of;

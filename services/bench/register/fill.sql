-- The register is made from numbers: which unit has a risk point and what stands in it follows from its own. Nine of ten are in force
-- in a second version, and of these most stand in a publication of their county, and two of three have a control.

CREATE TEMPORARY TABLE places AS
SELECT row_number() OVER (ORDER BY path) - 1 AS n, unit_id, region, path FROM network.units
WHERE valid_to = '9999-12-31' AND nlevel(path) > 3;

CREATE UNIQUE INDEX ON places (n);

ANALYZE places;

CREATE TEMPORARY TABLE points AS
SELECT i, p.region, lpad(to_hex(i), 32, '0') AS key, p.path, i % 10 > 0 AS in_force,
       jsonb_build_object('name', 'riskPoints/' || p.region || '-' || lpad(to_hex(i), 32, '0'), 'unit', 'units/' || p.unit_id,
           'category', 'c' || i / 7 % 4, 'grade', ('{a,b,b,c,c,c}'::text[])[1 + i / 3 % 6], 'searchMethods', jsonb_build_array('self'),
           'regime', 'made for measuring', 'description', repeat(md5(i::text), 4), 'points', jsonb_build_object('harm', 2)) AS body
FROM generate_series(1::bigint, :points) i JOIN places p ON p.n = i * 7919 % (SELECT count(*) FROM places);

INSERT INTO risk_points (region, key, unit_path, create_time, body)
SELECT region, key, path, now() - interval '1 year', body || CASE WHEN in_force
    THEN '{"state": "REGISTER_STATE_IN_FORCE", "standing": {"version": 2, "effectiveOn": "2026-02-01"}}'::jsonb
    ELSE '{"state": "REGISTER_STATE_SUBMITTED", "standing": {}}' END
FROM points;

INSERT INTO risk_point_versions (region, key, version, unit_path, create_time, revision, body, effective_on, replaced_on)
SELECT region, key, v, path, now() - interval '1 year', v,
       body || jsonb_build_object('state', 'REGISTER_STATE_IN_FORCE', 'standing', jsonb_build_object('version', v)),
       CASE v WHEN 1 THEN date '2025-03-01' ELSE '2026-02-01' END, CASE v WHEN 1 THEN date '2026-02-01' ELSE 'infinity' END
FROM points CROSS JOIN generate_series(1, 2) v WHERE in_force;

INSERT INTO power_items (region, key, unit_path, create_time, body)
SELECT p.region, lpad(to_hex(p.n * 4 + k), 32, '0'), p.path, now(), jsonb_build_object(
       'name', 'powerItems/' || p.region || '-' || lpad(to_hex(p.n * 4 + k), 32, '0'), 'unit', 'units/' || p.unit_id, 'kind', 'power',
       'title', 'made for measuring', 'state', 'REGISTER_STATE_IN_FORCE', 'standing', jsonb_build_object('version', 1))
FROM places p CROSS JOIN generate_series(0, 3) k;

INSERT INTO controls (region, key, unit_path, create_time, body)
SELECT region, key, path, now(), jsonb_build_object('name', 'controls/' || region || '-' || key, 'unit', body ->> 'unit',
       'riskPoint', body ->> 'name', 'ownerPosition', 'positions/' || region || '-0', 'form', 'measure', 'grade', body ->> 'grade',
       'measure', 'made for measuring', 'dueOn', '2099-12-31',
       'state', CASE i % 2 WHEN 0 THEN 'CONTROL_STATE_PLANNED' ELSE 'CONTROL_STATE_EFFECTIVE' END)
FROM points WHERE in_force AND i % 3 > 0;

INSERT INTO publications (region, key, unit_path, create_time, body)
SELECT p.region, lpad(to_hex(p.n), 32, '0'), p.path, now(), jsonb_build_object(
       'name', 'publications/' || p.region || '-' || lpad(to_hex(p.n), 32, '0'), 'unit', 'units/' || p.unit_id, 'kind', 'grades',
       'title', 'made for measuring', 'register', 'REGISTER_KIND_RISK_POINTS', 'state', 'PUBLICATION_STATE_PUBLICISED')
FROM places p WHERE nlevel(p.path) = 4;

INSERT INTO publication_entries (region, key, number, entry_region, entry_key, version, content_sha256, power_title, position_titles, controls)
SELECT c.region, lpad(to_hex(c.n), 32, '0'), row_number() OVER (PARTITION BY c.n ORDER BY p.i), p.region, p.key, 2, '', '', '{}', '[]'
FROM points p JOIN places c ON c.path = subpath(p.path, 0, 4) WHERE p.in_force AND p.i % 9 > 0;

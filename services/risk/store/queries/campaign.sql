-- name: RunningCampaigns :many
SELECT region, key, unit_path, acting_path(unit_path)::text AS acting_path, body FROM campaigns
WHERE state = 'CAMPAIGN_STATE_RUNNING' AND (region, key) > (@after_region, @after_key)
ORDER BY region, key
LIMIT @page_size;

-- name: CampaignTitled :one
-- Whether a unit has a campaign of a title and a year that was not given up.
SELECT EXISTS (
    SELECT FROM campaigns
    WHERE unit_path = @unit_path::ltree AND body ->> 'title' = @title::text AND (body -> 'year')::integer = @year::integer
      AND state <> @cancelled::text
)::boolean;

-- name: JoinCampaign :many
-- Has units take part in stages, those that have left and come back as well, and gives those that did not.
INSERT INTO campaign_units AS c (region, key, stage, unit_id, unit_path, kind, joined_on)
SELECT @region::text, @key::text, s.stage, subpath(u.path::ltree, -1)::text, u.path::ltree, u.kind, @day::date
FROM (SELECT unnest(@paths::text[]) AS path, unnest(@kinds::text[]) AS kind) u CROSS JOIN unnest(@stages::text[]) AS s (stage)
ON CONFLICT (region, key, stage, unit_id) DO UPDATE SET left_on = NULL WHERE c.left_on IS NOT NULL
RETURNING unit_id;

-- name: LeaveCampaign :many
-- Has all other units leave stages, and gives them.
WITH gone AS (
    UPDATE campaign_units c SET left_on = @day::date
    WHERE c.region = @region AND c.key = @key AND c.stage = ANY (@stages::text[]) AND c.left_on IS NULL
      AND NOT EXISTS (SELECT FROM unnest(@paths::text[]) AS u (path) WHERE subpath(u.path::ltree, -1)::text = c.unit_id)
    RETURNING c.unit_id
)
SELECT DISTINCT g.unit_id, EXISTS (SELECT FROM ended_units e WHERE e.unit_id = g.unit_id)::boolean AS ended FROM gone g
ORDER BY g.unit_id;

-- name: CampaignUnitPath :one
SELECT unit_path::text AS unit_path FROM campaign_units
WHERE region = @region AND key = @key AND stage = @stage AND unit_id = @unit_id AND left_on IS NULL;

-- name: WaiveStage :exec
UPDATE campaign_units SET waiver_reason = @reason, waived_by = @waived_by, waived_on = @day::date,
    waiving_accounts = waiving_accounts || @account::text
WHERE region = @region AND key = @key AND stage = @stage AND unit_id = @unit_id AND left_on IS NULL;

-- name: RecordWork :exec
UPDATE campaign_units SET work = @work, worked_on = @day::date
WHERE region = @region AND key = @key AND stage = @stage AND unit_id = @unit_id AND left_on IS NULL;

-- name: CampaignProgress :many
-- How far units have come, by unit, so many after one; only those that miss something and were not let off, where these are asked for:
-- then all are counted at once, since few of many may be listed.
SELECT p.unit_id::text AS unit_id, p.unit_path::text AS unit_path, p.joined_on::date AS joined_on,
       p.waiver_reason::text AS waiver_reason, p.waived_by::text AS waived_by, coalesce(p.waived_on::text, '')::text AS waived_on,
       p.work::text AS work, coalesce(p.worked_on::text, '')::text AS worked_on,
       p.done::bigint[] AS done, p.missing::bigint[] AS missing, p.missing_count::bigint AS missing_count
FROM campaign_progress(
    @region, @key, @stage, @subtree::ltree, @after_path::ltree, CASE WHEN NOT @missing::boolean THEN @most::integer END,
    @first_day::date, @last_day::date, @counted::text[], @terms::text[], @minimums::bigint[], @completes::boolean[], @kinds::text[], @today::date
) AS p (unit_id, unit_path, joined_on, waiver_reason, waived_by, waived_on, work, worked_on, done, missing, missing_count)
WHERE NOT @missing OR p.missing_count > 0 AND p.waived_on IS NULL
ORDER BY p.unit_path
LIMIT @most;

-- name: SumCampaignProgress :many
-- What the units of a subtree have done together, by measure; a stage without any has one row with the number 0.
WITH progress AS MATERIALIZED (
    SELECT p.waived_on, p.done, p.missing, p.missing_count
    FROM campaign_progress(
        @region, @key, @stage, @subtree::ltree, '', NULL, @first_day::date, @last_day::date,
        @counted::text[], @terms::text[], @minimums::bigint[], @completes::boolean[], @kinds::text[], @today::date
    ) AS p (unit_id, unit_path, joined_on, waiver_reason, waived_by, waived_on, work, worked_on, done, missing, missing_count)
), units AS (
    SELECT count(*) AS units, count(*) FILTER (WHERE missing_count = 0) AS complete,
           count(*) FILTER (WHERE missing_count > 0 AND waived_on IS NOT NULL) AS waived
    FROM progress
), sums AS (
    SELECT m.n, sum(p.done[m.n])::bigint AS done, sum(p.missing[m.n])::bigint AS missing
    FROM progress p CROSS JOIN LATERAL generate_series(1, cardinality(p.done)) AS m (n)
    GROUP BY m.n
)
SELECT u.units::bigint AS units, u.complete::bigint AS complete, u.waived::bigint AS waived,
       coalesce(s.n, 0)::bigint AS n, coalesce(s.done, 0)::bigint AS done, coalesce(s.missing, 0)::bigint AS missing
FROM units u LEFT JOIN sums s ON true
ORDER BY n;

-- name: WaivedBy :one
-- Whether a unit let itself off in a stage in which it takes part still, and somebody let units off in that stage.
SELECT coalesce(bool_or(unit_id = @unit_id AND waived_by = 'units/' || unit_id AND left_on IS NULL)
                AND bool_or(waiving_accounts @> ARRAY[@account::text]), false)::boolean AS waived
FROM campaign_units WHERE region = @region AND key = @key AND stage = @stage;

-- name: CloseStage :one
-- Keeps what units have done in a stage, and says how many miss something and were not let off.
WITH kept AS (
    UPDATE campaign_units c SET done = p.done, missing = p.missing
    FROM campaign_progress(
        @region, @key, @stage, @subtree::ltree, '', NULL, @first_day::date, @last_day::date,
        @counted::text[], @terms::text[], @minimums::bigint[], @completes::boolean[], @kinds::text[], @today::date
    ) AS p (unit_id, unit_path, joined_on, waiver_reason, waived_by, waived_on, work, worked_on, done, missing, missing_count)
    WHERE c.region = @region AND c.key = @key AND c.stage = @stage AND c.unit_id = p.unit_id
    RETURNING p.missing_count > 0 AND p.waived_on IS NULL AS owes
)
SELECT count(*) FILTER (WHERE owes)::bigint AS missing FROM kept;

-- name: TryLockCounting :one
-- One replica counts at a time; the others have nothing to wait for.
SELECT pg_try_advisory_xact_lock(hashtext('qingfeng count register ' || current_schema()))::boolean AS locked;

-- name: KeepCounts :one
-- Keeps what some of the uncounted units have in the register, and says how many those are. It is one statement and so one snapshot:
-- what is not counted stays noted.
WITH batch AS MATERIALIZED (
    SELECT DISTINCT unit_id FROM uncounted_units LIMIT @most
), counted AS (
    DELETE FROM uncounted_units n USING batch b WHERE n.unit_id = b.unit_id
), kept AS (
    INSERT INTO register_counts AS k (unit_id, counted, year, done, open)
    SELECT c.unit_id, c.counted, c.year, c.done, c.open FROM count_register(ARRAY(SELECT unit_id FROM batch), @today::date) AS c
    ON CONFLICT (unit_id, counted, year) DO UPDATE SET done = EXCLUDED.done, open = EXCLUDED.open
    WHERE (k.done, k.open) <> (EXCLUDED.done, EXCLUDED.open)
)
SELECT count(*) FROM batch;

-- name: FollowSchemes :exec
-- Notes units with risk points as uncounted that versions of schemes hold for by which none was counted.
WITH followed AS (
    INSERT INTO schemes_counted (scheme_id, effective_from, store_time)
    SELECT s.scheme_id, s.effective_from, s.store_time FROM schemes s WHERE s.effective_from <= @today::date
    ON CONFLICT DO NOTHING
    RETURNING scheme_id, effective_from
)
INSERT INTO uncounted_units
SELECT DISTINCT p.unit_id FROM followed f JOIN schemes s USING (scheme_id, effective_from)
JOIN risk_points p ON p.unit_path ~ ('*.' || s.unit_id || '.*')::lquery;

-- name: NotePeriodOpened :exec
INSERT INTO opened_periods (schedule, period, first_day, last_day, opened_on)
VALUES (@schedule, @period, @first_day::date, @last_day::date, @opened_on::date)
ON CONFLICT DO NOTHING;

-- name: NoteReportOpened :exec
INSERT INTO reports_opened (unit_id, schedule, period, first_day, last_day)
VALUES (@unit_id, @schedule, @period, @first_day::date, @last_day::date)
ON CONFLICT DO NOTHING;

-- name: NoteReportSent :exec
INSERT INTO reports_opened AS r (unit_id, schedule, period, first_day, last_day, sent)
VALUES (@unit_id, @schedule, @period, @first_day::date, @last_day::date, @sent)
ON CONFLICT (unit_id, schedule, period) DO UPDATE SET sent = EXCLUDED.sent;

-- name: NoteReportExempted :exec
INSERT INTO reports_opened AS r (unit_id, schedule, period, first_day, last_day, exempted)
VALUES (@unit_id, @schedule, @period, @first_day::date, @last_day::date, @exempted)
ON CONFLICT (unit_id, schedule, period) DO UPDATE SET exempted = EXCLUDED.exempted;

-- name: CampaignPublications :many
-- What those who take part in a campaign and the unit that runs it made public from one day to another, by unit. It is read at once,
-- so that none stands twice whose unit moves meanwhile.
WITH material AS MATERIALIZED (
    SELECT f.unit_id FROM acted_for(ARRAY(
        SELECT DISTINCT u.unit_id FROM campaign_units u WHERE u.region = @of_region AND u.key = @of_key AND u.left_on IS NULL
        UNION SELECT split_part(@run_by::text, '/', 2)
        UNION SELECT subpath(@subtree::ltree, -1)::text
    ), 'infinity') AS f (unit_id, acting_id)
)
SELECT p.region, p.key FROM publications p
WHERE subpath(p.unit_path, -1)::text IN (SELECT m.unit_id FROM material m)
  AND (p.unit_path <@ @subtree::ltree) IS TRUE AND in_subtree(p.unit_path, @subtree::ltree)
  AND p.body ->> 'publicFrom' BETWEEN @first_day::text AND @last_day::text
ORDER BY p.unit_path, p.key;

-- name: CampaignMaterialUnits :many
-- Those whose register and reports are material of a campaign: who takes part, the unit that runs it, its office, and the ended ones that
-- they act for.
SELECT DISTINCT f.unit_id::text AS unit_id FROM acted_for(ARRAY(
    SELECT DISTINCT u.unit_id FROM campaign_units u WHERE u.region = @region AND u.key = @key AND u.left_on IS NULL
    UNION SELECT unnest(@besides::text[])
), 'infinity') AS f (unit_id, acting_id)
ORDER BY f.unit_id;

-- name: CampaignMaterial :many
-- What some units have of one collection that was under way on some days, so much after one: the plan reads that collection alone.
SELECT unit_id::text AS unit_id, unit_path::text AS unit_path, region, key, version::integer AS version, body FROM campaign_material
WHERE collection = @collection::text AND unit_id = ANY (@units::text[]) AND begun_on <= @last_day::date AND ended_on >= @first_day::date
  AND (unit_id, region, key, version) > (@after_unit::text, @after_region::text, @after_key::text, @after_version::integer)
ORDER BY unit_id, region, key, version
LIMIT @page_size;

-- name: CampaignNames :many
-- What some positions, power items and the steps of these are called today, by their names, and in which tiers the positions are.
SELECT ('positions/' || region || '-' || key)::text AS name, (body ->> 'title')::text AS title, coalesce(body ->> 'tier', '')::text AS tier,
       '{}'::jsonb AS steps
FROM positions WHERE (region, key) IN (SELECT unnest(@position_regions::text[]), unnest(@position_keys::text[]))
UNION ALL
SELECT 'powerItems/' || region || '-' || key, body ->> 'title', '',
       coalesce((SELECT jsonb_object_agg(s.step ->> 'id', s.step ->> 'title') FROM jsonb_array_elements(body -> 'steps') AS s (step)), '{}')
FROM power_items WHERE (region, key) IN (SELECT unnest(@power_regions::text[]), unnest(@power_keys::text[]));

-- name: ReportsSentBy :many
-- The reports that some units have sent by some schedules for periods that meet some days.
SELECT unit_id, schedule, period FROM reports_opened
WHERE unit_id = ANY (@units::text[]) AND schedule = ANY (@schedules::text[]) AND sent
  AND first_day <= @last_day::date AND last_day >= @first_day::date
ORDER BY unit_id, schedule, period;

-- name: PublicationBody :one
SELECT body FROM publications WHERE region = @region AND key = @key;

-- name: UnitsOfCampaign :many
-- Those that take part and have not ended.
SELECT DISTINCT c.unit_id FROM campaign_units c
WHERE c.region = @region AND c.key = @key AND c.left_on IS NULL AND NOT EXISTS (SELECT FROM ended_units e WHERE e.unit_id = c.unit_id)
ORDER BY c.unit_id;

-- name: ListPanel :many
-- Who is invited to a study, who stays as they are until the transaction ends, with the path of their unit as the tree is; empty for who
-- is from outside.
SELECT region, key, state, officer, coalesce(body #>> '{expert,name}', '')::text AS expert_name,
    coalesce(body #>> '{expert,office}', '')::text AS office, coalesce(acting_path(expert_path)::text, '')::text AS acting_path
FROM study_invitations WHERE study = @study ORDER BY region, key FOR UPDATE;

-- name: ListAdvisedPaths :many
-- The paths, as the tree is, of the units of those who advised on a study.
SELECT DISTINCT acting_path(expert_path)::text AS acting_path
FROM study_invitations
WHERE study = @study AND expert_path <> '' AND state = 'STUDY_INVITATION_STATE_ADVISED';

-- name: StudyScheme :one
-- The kind of a study and the scheme version that it goes by.
SELECT kind, (body ->> 'schemeVersion')::text AS scheme_version FROM studies WHERE region = @region AND key = @key;

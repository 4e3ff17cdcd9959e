-- name: CaseLeadOfWarning :one
-- The case lead that follows a warning, if there is one that was not withdrawn.
SELECT l.region, l.key FROM case_leads l WHERE l.warning = @named::text AND l.warning <> '' AND l.state <> @withdrawn::text;

-- name: MoveCaseLead :exec
-- Says where the unit stands that has a case lead, and the one that it is offered to.
UPDATE case_leads SET holder_path = CAST(@holder::text AS ltree), offered_path = CAST(@offered::text AS ltree)
WHERE region = @region AND key = @key;

-- name: AddCaseLeadContent :exec
INSERT INTO case_lead_contents (region, key, sealed) VALUES (@region, @key, @sealed);

-- name: CaseLeadContent :one
SELECT sealed FROM case_lead_contents WHERE region = @region AND key = @key;

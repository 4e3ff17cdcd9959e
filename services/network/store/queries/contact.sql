-- name: AddContact :exec
INSERT INTO officer_contacts (region, contact_key, unit_path, body) VALUES (@region, @contact_key, @unit_path, @body);

-- name: AddContacted :exec
INSERT INTO officers_contacted (region, officer_key, contact_key)
SELECT unnest(@regions::text[]), unnest(@officer_keys::text[]), @contact_key::text;

-- name: ListContacts :many
SELECT contact_key, body FROM officer_contacts
WHERE unit_path <@ @subtree::ltree AND contact_key < @before_key
ORDER BY contact_key DESC
LIMIT @page_size;

-- name: ListContactsOf :many
-- Contacts with one officer.
SELECT c.contact_key, c.body FROM officers_contacted w JOIN officer_contacts c USING (contact_key)
WHERE w.region = @region AND w.officer_key = @officer_key AND c.unit_path <@ @subtree::ltree AND w.contact_key < @before_key
ORDER BY w.contact_key DESC
LIMIT @page_size;

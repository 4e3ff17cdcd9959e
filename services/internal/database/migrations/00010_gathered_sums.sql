-- +goose Up

-- A job may tell a unit of several sums, and each says what the first of its records are called.
ALTER TABLE gathered
    ADD sum   text  NOT NULL DEFAULT '',   -- its name among those of the job
    ADD first jsonb NOT NULL DEFAULT '[]', -- the days and titles of the first records
    DROP CONSTRAINT gathered_pkey,
    ADD PRIMARY KEY (job, path, sum);

-- +goose Down
DELETE FROM gathered WHERE sum <> '';
ALTER TABLE gathered DROP CONSTRAINT gathered_pkey, DROP sum, DROP first, ADD PRIMARY KEY (job, path);

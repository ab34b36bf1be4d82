-- +goose Up
-- 1: the account may do what changes the site for everybody, such as ending an A/B test.
ALTER TABLE lab_users ADD COLUMN admin INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE lab_users DROP COLUMN admin;

-- +goose Up
-- Where an A/B test stands. A reset starts the next run; no row means run 1.
CREATE TABLE lab_experiments (
    name   TEXT PRIMARY KEY,
    run    INTEGER NOT NULL,
    winner TEXT NOT NULL -- empty while the test runs
) STRICT;

-- Distinct visitors who saw a variant, and how many of them converted.
CREATE TABLE lab_experiment_counts (
    experiment  TEXT NOT NULL,
    run         INTEGER NOT NULL,
    variant     TEXT NOT NULL,
    exposures   INTEGER NOT NULL,
    conversions INTEGER NOT NULL CHECK (conversions <= exposures),
    PRIMARY KEY (experiment, run, variant)
) STRICT;

-- +goose Down
DROP TABLE lab_experiment_counts;
DROP TABLE lab_experiments;

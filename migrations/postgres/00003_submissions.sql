-- +goose Up
-- Completed multi-step forms. token makes a form that is sent twice count once.
CREATE TABLE lab_submissions (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token      TEXT NOT NULL UNIQUE,
    full_name  TEXT NOT NULL,
    email      TEXT NOT NULL,
    track      TEXT NOT NULL,
    seats      BIGINT NOT NULL CHECK (seats BETWEEN 1 AND 10),
    notes      TEXT NOT NULL,
    created_at BIGINT NOT NULL -- microseconds since 1970, UTC, as every time in these tables
);

-- +goose Down
DROP TABLE lab_submissions;

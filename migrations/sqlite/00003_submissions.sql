-- +goose Up
-- Completed multi-step forms. token makes a form that is sent twice count once.
CREATE TABLE lab_submissions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token      TEXT NOT NULL UNIQUE,
    full_name  TEXT NOT NULL,
    email      TEXT NOT NULL,
    track      TEXT NOT NULL,
    seats      INTEGER NOT NULL CHECK (seats BETWEEN 1 AND 10),
    notes      TEXT NOT NULL,
    created_at INTEGER NOT NULL -- microseconds since 1970, UTC, as every time in these tables
) STRICT;

-- +goose Down
DROP TABLE lab_submissions;

-- +goose Up
-- What happened to sessions, oldest first; the app keeps the newest rows only.
CREATE TABLE lab_events (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      BIGINT NOT NULL,
    kind    TEXT NOT NULL,
    session TEXT NOT NULL, -- a short hash, never a key
    engine  TEXT NOT NULL,
    detail  TEXT NOT NULL,
    path    TEXT NOT NULL
);
CREATE INDEX lab_events_session ON lab_events (session, id);

-- +goose Down
DROP TABLE lab_events;

-- +goose Up
-- Which sessions led to which: a visitor who signs in gets a new key, and is still the same
-- visitor. In a table, so that every copy of the app knows it. The app keeps the newest only.
CREATE TABLE lab_event_links (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session TEXT NOT NULL UNIQUE, -- a short hash, never a key
    earlier TEXT NOT NULL         -- short hashes with a space between them, the oldest first
);

-- +goose Down
DROP TABLE lab_event_links;

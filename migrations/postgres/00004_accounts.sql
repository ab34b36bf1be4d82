-- +goose Up
CREATE TABLE lab_users (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          TEXT NOT NULL,        -- as it was typed
    folded_name   TEXT NOT NULL UNIQUE, -- in lower case: Alice and alice are one
    password_hash TEXT NOT NULL,        -- argon2id in PHC form
    epoch         BIGINT NOT NULL DEFAULT 0, -- raised by "sign out everywhere"
    demo          BIGINT NOT NULL DEFAULT 0, -- 1: its password is public, so only DEBUG=true lets it in
    disabled      BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL
);

-- Failed sign-ins, to slow down guessing. subject is a keyed hash of a name or an
-- address: people type passwords into the name field.
CREATE TABLE lab_signin_failures (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject TEXT NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX lab_signin_failures_subject ON lab_signin_failures (subject, at);
CREATE INDEX lab_signin_failures_at ON lab_signin_failures (at);

-- Which sessions a user is signed in with. session is a short hash, never a key.
CREATE TABLE lab_user_sessions (
    user_id    BIGINT NOT NULL REFERENCES lab_users (id) ON DELETE CASCADE,
    session    TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (user_id, session)
);
CREATE INDEX lab_user_sessions_seen ON lab_user_sessions (seen_at);

-- +goose Down
DROP TABLE lab_user_sessions;
DROP TABLE lab_signin_failures;
DROP TABLE lab_users;

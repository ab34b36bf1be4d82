-- +goose Up
-- Who has joined a class. id stands in a signed cookie; whoever learns alone has a cookie and no row.
CREATE TABLE lab_learners (
    id          TEXT PRIMARY KEY,     -- random
    seat        BIGINT NOT NULL UNIQUE CHECK (seat BETWEEN 1 AND 100), -- so many have room; also picks the colour
    name        TEXT NOT NULL,        -- as it was typed
    folded_name TEXT NOT NULL UNIQUE, -- in lower case: Ada and ada are one
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    chapter     TEXT NOT NULL DEFAULT '', -- the path of the page that was opened last
    engine      TEXT NOT NULL DEFAULT '', -- that it was opened with
    hand_at     BIGINT NOT NULL DEFAULT 0 -- when the hand was raised, 0: it is not
);

-- How far a learner has come with a mission. A row is there once something was tried.
CREATE TABLE lab_progress (
    learner   TEXT NOT NULL,
    mission   TEXT NOT NULL,
    hints     BIGINT NOT NULL DEFAULT 0, -- how many were opened
    begun_at  BIGINT NOT NULL,
    solved_at BIGINT NOT NULL DEFAULT 0, -- 0: not yet
    PRIMARY KEY (learner, mission)
);

-- +goose Down
DROP TABLE lab_progress;
DROP TABLE lab_learners;

-- +goose Up
-- What a class remembers of itself: group, how many classes there were; epoch, of the teacher's sign-ins.
CREATE TABLE lab_class (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;

-- What learners answered to the teacher's questions; the last answer to each counts.
CREATE TABLE lab_answers (
    learner  TEXT NOT NULL,
    question TEXT NOT NULL,
    answer   TEXT NOT NULL,
    correct  INTEGER NOT NULL, -- 1 or 0
    at       INTEGER NOT NULL,
    PRIMARY KEY (learner, question)
) STRICT;

-- The account that each learner was given.
CREATE TABLE lab_class_accounts (
    learner TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE lab_class_accounts;
DROP TABLE lab_answers;
DROP TABLE lab_class;

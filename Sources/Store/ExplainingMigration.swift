extension Migrations {
    /// What rules made of what they saw, and what became of alerts and deliveries, step by step. A condition's text is
    /// kept once, its values with each look.
    static let explaining = """
        CREATE TABLE conditions (
            number INTEGER PRIMARY KEY, rule TEXT NOT NULL, condition TEXT NOT NULL, parts TEXT NOT NULL,
            UNIQUE (rule, condition)
        ) STRICT;
        CREATE TABLE looks (
            number INTEGER PRIMARY KEY, source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            at INTEGER NOT NULL, occasion TEXT NOT NULL, verdicts TEXT NOT NULL
        ) STRICT;
        CREATE INDEX looks_of_resource ON looks (id, number);
        CREATE INDEX looks_by_age ON looks (at);
        CREATE TABLE journal (
            number INTEGER PRIMARY KEY, subject TEXT NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL,
            detail TEXT NOT NULL
        ) STRICT;
        CREATE INDEX journal_of_subject ON journal (subject, number);
        CREATE INDEX journal_by_age ON journal (at);
        CREATE INDEX changes_of_resource ON changes (id, number);
        """
}

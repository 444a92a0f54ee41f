extension Migrations {
    /// What is held back or gathered, for whom, and why; the groups; the silences.
    ///
    /// An alert that inhibited another sets the other's time when it ends, whoever ends it.
    static let noise = """
        ALTER TABLE alerts ADD COLUMN waiting TEXT NOT NULL DEFAULT '[]';
        CREATE INDEX alerts_owed ON alerts (id) WHERE phase = 'firing' AND owes_resolve = 1;

        CREATE TABLE tellings (
            alert TEXT NOT NULL, sink TEXT NOT NULL, state TEXT NOT NULL,
            notification TEXT REFERENCES notifications (id), reason TEXT NOT NULL, sequence INTEGER NOT NULL,
            is_told INTEGER NOT NULL, hold TEXT, holder TEXT NOT NULL DEFAULT '', due_at INTEGER, alert_group TEXT,
            since INTEGER NOT NULL,
            UNIQUE (alert, sink)
        ) STRICT;
        CREATE INDEX tellings_due ON tellings (due_at) WHERE state = 'held';
        CREATE INDEX tellings_held_by ON tellings (holder) WHERE state = 'held';
        CREATE INDEX tellings_of_group ON tellings (alert_group, state) WHERE alert_group IS NOT NULL;
        CREATE INDEX tellings_of_notification ON tellings (notification) WHERE notification IS NOT NULL;
        CREATE TRIGGER tellings_inhibitor_ended AFTER UPDATE OF phase ON alerts WHEN NEW.phase = 'resolved' BEGIN
            UPDATE tellings SET due_at = 0 WHERE state = 'held' AND holder = NEW.id;
        END;
        CREATE TRIGGER tellings_alert_left AFTER DELETE ON alerts BEGIN
            UPDATE tellings SET due_at = 0 WHERE state = 'held' AND holder = OLD.id;
            DELETE FROM tellings WHERE alert = OLD.id;
        END;

        CREATE TABLE alert_groups (
            id TEXT NOT NULL PRIMARY KEY, sink TEXT NOT NULL, owner TEXT NOT NULL, group_values TEXT NOT NULL,
            wait INTEGER NOT NULL, interval INTEGER NOT NULL, due_at INTEGER, spoke_at INTEGER,
            episode TEXT, number INTEGER NOT NULL
        ) WITHOUT ROWID, STRICT;
        CREATE INDEX alert_groups_due ON alert_groups (due_at) WHERE due_at IS NOT NULL;

        CREATE TABLE silences (
            id TEXT NOT NULL PRIMARY KEY, expression TEXT NOT NULL, starts_at INTEGER NOT NULL,
            ends_at INTEGER NOT NULL, author TEXT NOT NULL, comment TEXT NOT NULL, created_at INTEGER NOT NULL,
            announce TEXT NOT NULL, begin_told INTEGER NOT NULL DEFAULT 0, end_told INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX silences_ended ON silences (ends_at);
        CREATE INDEX silences_announced ON silences (starts_at) WHERE announce <> '[]' AND end_told = 0;
        """
}

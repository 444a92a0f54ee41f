extension Migrations {
    /// Windows: how far each rule's has come, which alerts are about groups, and how resources were before each change.
    static let windows = """
        ALTER TABLE alerts ADD COLUMN members TEXT;
        ALTER TABLE changes ADD COLUMN earlier TEXT;
        ALTER TABLE changes ADD COLUMN earlier_since INTEGER;
        CREATE INDEX changes_with_earlier ON changes (observed_at) WHERE earlier IS NOT NULL;
        CREATE INDEX alerts_of_groups ON alerts (source, kind, rule) WHERE members IS NOT NULL;

        CREATE TABLE windows (
            source TEXT NOT NULL, kind TEXT NOT NULL, rule TEXT NOT NULL, identity TEXT NOT NULL,
            clock INTEGER NOT NULL,
            PRIMARY KEY (source, kind, rule)
        ) WITHOUT ROWID, STRICT;
        """
}

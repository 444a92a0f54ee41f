extension Migrations {
    /// Less to write for each change. Steps that the row of an alert or of a delivery tells are not noted a second time:
    /// that it fired and ended, who was told, the last attempt. Indices whose keys follow no order cost a page for every
    /// row; those go that another one, or the order of the rows themselves, can stand for.
    ///
    /// Deliveries are counted by an UPDATE of a row that is there: the upsert of before cost as much as the delivery.
    static let lean = """
        DROP INDEX deliveries_made;
        DROP INDEX deliveries_waiting;
        DROP INDEX deliveries_order;
        CREATE INDEX deliveries_order ON deliveries (order_key, sink, sequence);
        DROP INDEX looks_by_age;
        DROP INDEX journal_by_age;

        DROP TRIGGER deliveries_came;
        DROP TRIGGER deliveries_moved_from;
        DROP TRIGGER deliveries_moved_to;
        CREATE TRIGGER deliveries_coming BEFORE INSERT ON deliveries WHEN NOT EXISTS (
            SELECT 1 FROM tallies WHERE what = 'deliveries' AND name = NEW.sink AND detail = NEW.phase) BEGIN
            INSERT INTO tallies VALUES ('deliveries', NEW.sink, NEW.phase, 0);
        END;
        CREATE TRIGGER deliveries_came AFTER INSERT ON deliveries BEGIN
            UPDATE tallies SET count = count + 1
                WHERE what = 'deliveries' AND name = NEW.sink AND detail = NEW.phase;
        END;
        CREATE TRIGGER deliveries_moving BEFORE UPDATE OF phase ON deliveries WHEN NOT EXISTS (
            SELECT 1 FROM tallies WHERE what = 'deliveries' AND name = NEW.sink AND detail = NEW.phase) BEGIN
            INSERT INTO tallies VALUES ('deliveries', NEW.sink, NEW.phase, 0);
        END;
        CREATE TRIGGER deliveries_moved AFTER UPDATE OF phase ON deliveries WHEN OLD.phase <> NEW.phase BEGIN
            UPDATE tallies SET count = count + (detail = NEW.phase) - (detail = OLD.phase)
                WHERE what = 'deliveries' AND name = NEW.sink;
        END;

        DELETE FROM journal WHERE what IN ('fired', 'resolved') AND subject IN (SELECT id FROM alerts);
        DELETE FROM journal WHERE what = 'told'
            AND EXISTS (SELECT 1 FROM deliveries d WHERE d.id = journal.detail AND d.order_key = journal.subject);
        DELETE FROM journal WHERE what = 'attempt'
            AND EXISTS (SELECT 1 FROM deliveries d WHERE d.id = journal.subject AND d.phase <> 'pending')
            AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.subject = journal.subject AND j.number > journal.number);
        """
}

extension Migrations {
    /// Room for a million resources: snapshots without their details, counts that are kept instead of counted, and an
    /// index for whatever is listed, pruned or shrunk.
    static let scale = """
        ALTER TABLE snapshots ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 1;
        DROP INDEX snapshots_newest;
        CREATE INDEX snapshots_newest ON snapshots (source, kind, is_gone, created_at);
        CREATE INDEX snapshots_whole ON snapshots (source, kind, id) WHERE is_whole = 1 AND is_gone = 0;
        CREATE INDEX snapshots_shrinkable ON snapshots (observed_at)
            WHERE is_whole = 1 AND is_settled = 1 AND kind = 'generation';

        DROP INDEX alerts_fired;
        CREATE INDEX alerts_unfinished ON alerts (source, kind, rule, resource) WHERE phase <> 'resolved';
        CREATE INDEX alerts_listed ON alerts (phase, severity, coalesce(resolved_at, fired_at, since));

        CREATE INDEX deliveries_made ON deliveries (created_at);
        CREATE INDEX deliveries_of_sink ON deliveries (sink, created_at);
        CREATE INDEX deliveries_waiting ON deliveries (order_key) WHERE phase = 'pending';
        CREATE INDEX deliveries_oldest ON deliveries (sink, created_at) WHERE phase = 'pending';
        DROP INDEX deliveries_dead;
        CREATE INDEX deliveries_dead ON deliveries (created_at) WHERE phase = 'dead';

        CREATE TABLE tallies (
            what TEXT NOT NULL, name TEXT NOT NULL, detail TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (what, name, detail)
        ) WITHOUT ROWID, STRICT;

        INSERT INTO tallies SELECT 'present', source, kind, count(*) FROM snapshots WHERE is_gone = 0 GROUP BY 2, 3;
        CREATE TRIGGER snapshots_came AFTER INSERT ON snapshots WHEN NEW.is_gone = 0 BEGIN
            INSERT INTO tallies VALUES ('present', NEW.source, NEW.kind, 1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER snapshots_left AFTER DELETE ON snapshots WHEN OLD.is_gone = 0 BEGIN
            INSERT INTO tallies VALUES ('present', OLD.source, OLD.kind, -1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER snapshots_moved_from AFTER UPDATE OF is_gone ON snapshots
            WHEN OLD.is_gone <> NEW.is_gone AND OLD.is_gone = 0 BEGIN
            INSERT INTO tallies VALUES ('present', OLD.source, OLD.kind, -1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER snapshots_moved_to AFTER UPDATE OF is_gone ON snapshots
            WHEN OLD.is_gone <> NEW.is_gone AND NEW.is_gone = 0 BEGIN
            INSERT INTO tallies VALUES ('present', NEW.source, NEW.kind, 1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;

        INSERT INTO tallies SELECT 'alerts', phase, '', count(*) FROM alerts GROUP BY 2, 3;
        CREATE TRIGGER alerts_came AFTER INSERT ON alerts BEGIN
            INSERT INTO tallies VALUES ('alerts', NEW.phase, '', 1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER alerts_left AFTER DELETE ON alerts BEGIN
            INSERT INTO tallies VALUES ('alerts', OLD.phase, '', -1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER alerts_moved_from AFTER UPDATE OF phase ON alerts WHEN OLD.phase <> NEW.phase BEGIN
            INSERT INTO tallies VALUES ('alerts', OLD.phase, '', -1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER alerts_moved_to AFTER UPDATE OF phase ON alerts WHEN OLD.phase <> NEW.phase BEGIN
            INSERT INTO tallies VALUES ('alerts', NEW.phase, '', 1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;

        INSERT INTO tallies SELECT 'deliveries', sink, phase, count(*) FROM deliveries GROUP BY 2, 3;
        CREATE TRIGGER deliveries_came AFTER INSERT ON deliveries BEGIN
            INSERT INTO tallies VALUES ('deliveries', NEW.sink, NEW.phase, 1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER deliveries_left AFTER DELETE ON deliveries BEGIN
            INSERT INTO tallies VALUES ('deliveries', OLD.sink, OLD.phase, -1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER deliveries_moved_from AFTER UPDATE OF phase ON deliveries WHEN OLD.phase <> NEW.phase BEGIN
            INSERT INTO tallies VALUES ('deliveries', OLD.sink, OLD.phase, -1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER deliveries_moved_to AFTER UPDATE OF phase ON deliveries WHEN OLD.phase <> NEW.phase BEGIN
            INSERT INTO tallies VALUES ('deliveries', NEW.sink, NEW.phase, 1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        """
}

CREATE TABLE alert_groups (
    id TEXT NOT NULL PRIMARY KEY, sink TEXT NOT NULL, owner TEXT NOT NULL, group_values TEXT NOT NULL,
    wait INTEGER NOT NULL, interval INTEGER NOT NULL, due_at INTEGER, spoke_at INTEGER,
    episode TEXT, number INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX alert_groups_due ON alert_groups (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE alerts (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL, kind TEXT NOT NULL, resource TEXT NOT NULL, rule TEXT NOT NULL,
    activation INTEGER NOT NULL, phase TEXT NOT NULL, since INTEGER NOT NULL,
    fired_at INTEGER, resolved_at INTEGER, cleared_at INTEGER, due_at INTEGER,
    sequence INTEGER NOT NULL, notified_at INTEGER, told TEXT NOT NULL, owes_resolve INTEGER NOT NULL,
    title TEXT NOT NULL, severity TEXT NOT NULL
, waiting TEXT NOT NULL DEFAULT '[]', members TEXT) WITHOUT ROWID, STRICT;

CREATE TRIGGER alerts_came AFTER INSERT ON alerts BEGIN
    INSERT INTO tallies VALUES ('alerts', NEW.phase, '', 1)
        ON CONFLICT DO UPDATE SET count = count + excluded.count;
END;

CREATE INDEX alerts_due ON alerts (source, kind, due_at) WHERE due_at IS NOT NULL;

CREATE TRIGGER alerts_left AFTER DELETE ON alerts BEGIN
    INSERT INTO tallies VALUES ('alerts', OLD.phase, '', -1)
        ON CONFLICT DO UPDATE SET count = count + excluded.count;
END;

CREATE INDEX alerts_listed ON alerts (phase, severity, coalesce(resolved_at, fired_at, since));

CREATE TRIGGER alerts_moved_from AFTER UPDATE OF phase ON alerts WHEN OLD.phase <> NEW.phase BEGIN
    INSERT INTO tallies VALUES ('alerts', OLD.phase, '', -1)
        ON CONFLICT DO UPDATE SET count = count + excluded.count;
END;

CREATE TRIGGER alerts_moved_to AFTER UPDATE OF phase ON alerts WHEN OLD.phase <> NEW.phase BEGIN
    INSERT INTO tallies VALUES ('alerts', NEW.phase, '', 1)
        ON CONFLICT DO UPDATE SET count = count + excluded.count;
END;

CREATE INDEX alerts_of_groups ON alerts (source, kind, rule) WHERE members IS NOT NULL;

CREATE INDEX alerts_of_resource ON alerts (source, kind, resource, rule, activation);

CREATE INDEX alerts_owed ON alerts (id) WHERE phase = 'firing' AND owes_resolve = 1;

CREATE INDEX alerts_unfinished ON alerts (source, kind, rule, resource) WHERE phase <> 'resolved';

CREATE TABLE changes (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, nature TEXT NOT NULL,
    observed_at INTEGER NOT NULL, old_status TEXT, new_status TEXT NOT NULL, paths TEXT NOT NULL,
    is_baseline INTEGER NOT NULL
, earlier TEXT, earlier_since INTEGER) STRICT;

CREATE INDEX changes_observed ON changes (observed_at);

CREATE INDEX changes_of_resource ON changes (id, number);

CREATE INDEX changes_with_earlier ON changes (observed_at) WHERE earlier IS NOT NULL;

CREATE TABLE conditions (
    number INTEGER PRIMARY KEY, rule TEXT NOT NULL, condition TEXT NOT NULL, parts TEXT NOT NULL,
    UNIQUE (rule, condition)
) STRICT;

CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    notification TEXT NOT NULL REFERENCES notifications (id),
    sink TEXT NOT NULL, order_key TEXT NOT NULL, sequence INTEGER NOT NULL, phase TEXT NOT NULL,
    attempts INTEGER NOT NULL, created_at INTEGER NOT NULL, next_attempt_at INTEGER NOT NULL, ended_at INTEGER,
    last_outcome TEXT, last_reason TEXT, last_answer TEXT NOT NULL, kept TEXT NOT NULL,
    may_have_arrived INTEGER NOT NULL DEFAULT 0
, resource TEXT NOT NULL DEFAULT '', rule TEXT NOT NULL DEFAULT '', handed_to TEXT, digest TEXT) STRICT;

CREATE TRIGGER deliveries_came AFTER INSERT ON deliveries BEGIN
    UPDATE tallies SET count = count + 1
        WHERE what = 'deliveries' AND name = NEW.sink AND detail = NEW.phase;
END;

CREATE TRIGGER deliveries_coming BEFORE INSERT ON deliveries WHEN NOT EXISTS (
    SELECT 1 FROM tallies WHERE what = 'deliveries' AND name = NEW.sink AND detail = NEW.phase) BEGIN
    INSERT INTO tallies VALUES ('deliveries', NEW.sink, NEW.phase, 0);
END;

CREATE INDEX deliveries_dead ON deliveries (created_at) WHERE phase = 'dead';

CREATE INDEX deliveries_digest ON deliveries (digest) WHERE digest IS NOT NULL;

CREATE INDEX deliveries_due ON deliveries (sink, next_attempt_at) WHERE phase = 'pending';

CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE INDEX deliveries_lane ON deliveries (sink, resource) WHERE phase = 'pending';

CREATE TRIGGER deliveries_left AFTER DELETE ON deliveries BEGIN
    INSERT INTO tallies VALUES ('deliveries', OLD.sink, OLD.phase, -1)
        ON CONFLICT DO UPDATE SET count = count + excluded.count;
END;

CREATE TRIGGER deliveries_moved AFTER UPDATE OF phase ON deliveries WHEN OLD.phase <> NEW.phase BEGIN
    UPDATE tallies SET count = count + (detail = NEW.phase) - (detail = OLD.phase)
        WHERE what = 'deliveries' AND name = NEW.sink;
END;

CREATE TRIGGER deliveries_moving BEFORE UPDATE OF phase ON deliveries WHEN NOT EXISTS (
    SELECT 1 FROM tallies WHERE what = 'deliveries' AND name = NEW.sink AND detail = NEW.phase) BEGIN
    INSERT INTO tallies VALUES ('deliveries', NEW.sink, NEW.phase, 0);
END;

CREATE INDEX deliveries_notification ON deliveries (notification);

CREATE INDEX deliveries_of_sink ON deliveries (sink, created_at);

CREATE INDEX deliveries_oldest ON deliveries (sink, created_at) WHERE phase = 'pending';

CREATE INDEX deliveries_order ON deliveries (order_key, sink, sequence);

CREATE TABLE facts (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, changed_at INTEGER NOT NULL)
    WITHOUT ROWID, STRICT;

CREATE TABLE journal (
    number INTEGER PRIMARY KEY, subject TEXT NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE INDEX journal_of_subject ON journal (subject, number);

CREATE TABLE looks (
    number INTEGER PRIMARY KEY, source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    at INTEGER NOT NULL, occasion TEXT NOT NULL, verdicts TEXT NOT NULL
) STRICT;

CREATE INDEX looks_of_resource ON looks (id, number);

CREATE TABLE notifications (
    id TEXT NOT NULL PRIMARY KEY, created_at INTEGER NOT NULL, title TEXT NOT NULL, document BLOB NOT NULL
) STRICT;

CREATE INDEX notifications_created ON notifications (created_at);

CREATE TABLE rules (
    source TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, identity TEXT NOT NULL,
    PRIMARY KEY (source, kind, name)
) WITHOUT ROWID, STRICT;

CREATE TABLE silences (
    id TEXT NOT NULL PRIMARY KEY, expression TEXT NOT NULL, starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL, author TEXT NOT NULL, comment TEXT NOT NULL, created_at INTEGER NOT NULL,
    announce TEXT NOT NULL, begin_told INTEGER NOT NULL DEFAULT 0, end_told INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX silences_announced ON silences (starts_at) WHERE announce <> '[]' AND end_told = 0;

CREATE INDEX silences_ended ON silences (ends_at);

CREATE TABLE snapshots (
    source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    body BLOB NOT NULL, fingerprint INTEGER NOT NULL, status TEXT NOT NULL,
    created_at INTEGER, status_since INTEGER NOT NULL, first_seen INTEGER NOT NULL,
    observed_at INTEGER NOT NULL, is_settled INTEGER NOT NULL, is_gone INTEGER NOT NULL, is_whole INTEGER NOT NULL DEFAULT 1,
    UNIQUE (source, kind, id)
) STRICT;

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

CREATE INDEX snapshots_newest ON snapshots (source, kind, is_gone, created_at);

CREATE INDEX snapshots_shrinkable ON snapshots (observed_at)
    WHERE is_whole = 1 AND is_settled = 1 AND kind = 'generation';

CREATE INDEX snapshots_unsettled ON snapshots (source, kind, created_at) WHERE is_settled = 0;

CREATE INDEX snapshots_whole ON snapshots (source, kind, id) WHERE is_whole = 1 AND is_gone = 0;

CREATE TABLE sources (
    name TEXT NOT NULL, kind TEXT NOT NULL,
    is_baselined INTEGER NOT NULL DEFAULT 0, sweep_cursor TEXT, sweep_started_at INTEGER, swept_at INTEGER,
    PRIMARY KEY (name, kind)
) WITHOUT ROWID, STRICT;

CREATE TABLE tallies (
    what TEXT NOT NULL, name TEXT NOT NULL, detail TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (what, name, detail)
) WITHOUT ROWID, STRICT;

CREATE TABLE tellings (
    alert TEXT NOT NULL, sink TEXT NOT NULL, state TEXT NOT NULL,
    notification TEXT REFERENCES notifications (id), reason TEXT NOT NULL, sequence INTEGER NOT NULL,
    is_told INTEGER NOT NULL, hold TEXT, holder TEXT NOT NULL DEFAULT '', due_at INTEGER, alert_group TEXT,
    since INTEGER NOT NULL,
    UNIQUE (alert, sink)
) STRICT;

CREATE TRIGGER tellings_alert_left AFTER DELETE ON alerts BEGIN
    UPDATE tellings SET due_at = 0 WHERE state = 'held' AND holder = OLD.id;
    DELETE FROM tellings WHERE alert = OLD.id;
END;

CREATE INDEX tellings_due ON tellings (due_at) WHERE state = 'held';

CREATE INDEX tellings_held_by ON tellings (holder) WHERE state = 'held';

CREATE TRIGGER tellings_inhibitor_ended AFTER UPDATE OF phase ON alerts WHEN NEW.phase = 'resolved' BEGIN
    UPDATE tellings SET due_at = 0 WHERE state = 'held' AND holder = NEW.id;
END;

CREATE INDEX tellings_of_group ON tellings (alert_group, state) WHERE alert_group IS NOT NULL;

CREATE INDEX tellings_of_notification ON tellings (notification) WHERE notification IS NOT NULL;

CREATE TABLE windows (
    source TEXT NOT NULL, kind TEXT NOT NULL, rule TEXT NOT NULL, identity TEXT NOT NULL,
    clock INTEGER NOT NULL,
    PRIMARY KEY (source, kind, rule)
) WITHOUT ROWID, STRICT

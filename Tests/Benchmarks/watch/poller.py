"""A plain poller of generations, as an experienced engineer would write it: requests, json and sqlite3, nothing else.

It reads pages of 100 from the newest on, until it has seen everything that was in flight and a page holds nothing new;
compares the statuses with those in SQLite; writes what differs in one transaction per page; and posts a callback for
each generation that has ended. Connections are kept, the journal is a write-ahead log, rows are written with
`executemany`. What the first poll finds is taken as it is. What Auspex does besides (budgets, retries, rules, an outbox)
it does not do.
"""

import argparse
import json
import sqlite3
import sys
import time

try:
    import requests
except ImportError:
    sys.exit("the Python poller wants requests: pip install requests")

ENDED = {"succeeded", "failed", "cancelled", "expired", "moderation_rejected"}


class Poller:
    def __init__(self, arguments):
        self.images = arguments.api + "/v1/images"
        self.callback = arguments.callback
        self.session = requests.Session()
        self.session.trust_env = False  # no search for proxies and .netrc at every request
        self.session.headers.update({"X-Api-Key": arguments.key, "Aurous-Version": "2026-05-15"})
        self.database = sqlite3.connect(arguments.database)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS generation (id TEXT PRIMARY KEY, status TEXT NOT NULL, body TEXT NOT NULL)"
        )
        rows = self.database.execute("SELECT id, status FROM generation")
        self.in_flight = {id for id, status in rows if status not in ENDED}
        self.is_baselined = self.database.execute("SELECT count(*) FROM generation").fetchone()[0] > 0

    def poll(self):
        missing = set(self.in_flight)
        parameters = {"limit": 100}
        while True:
            response = self.session.get(self.images, params=parameters, timeout=30)
            response.raise_for_status()
            page = json.loads(response.content)
            found_news = self.take(page["data"])
            missing.difference_update(row["id"] for row in page["data"])
            if not page["has_more"] or not (missing or found_news):
                break
            parameters["starting_after"] = page["next_cursor"]
        self.is_baselined = True

    def take(self, rows):
        """Keeps what differs and says what has ended; true if there was a generation never seen before."""
        ids = [row["id"] for row in rows]
        marks = ",".join("?" * len(ids))
        known = dict(self.database.execute(f"SELECT id, status FROM generation WHERE id IN ({marks})", ids))
        changed = [row for row in rows if known.get(row["id"]) != row["status"]]
        if not changed:
            return False
        with self.database:
            self.database.executemany(
                "INSERT INTO generation (id, status, body) VALUES (?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET status = excluded.status, body = excluded.body",
                [(row["id"], row["status"], json.dumps(row)) for row in changed],
            )
        for row in reversed(changed):
            if row["status"] not in ENDED:
                self.in_flight.add(row["id"])
                continue
            self.in_flight.discard(row["id"])
            if self.is_baselined and self.callback:
                self.session.post(self.callback, json={"type": "ended", "data": row}, timeout=15)
        return any(row["id"] not in known for row in changed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--callback", help="where to post what has ended")
    parser.add_argument("--interval", type=float, default=2, help="seconds between the beginnings of two polls")
    arguments = parser.parse_args()
    poller = Poller(arguments)
    while True:
        began = time.monotonic()
        try:
            poller.poll()
        except requests.RequestException as error:
            print(error, file=sys.stderr)
            time.sleep(1)
        time.sleep(max(0, began + arguments.interval - time.monotonic()))


try:
    main()
except KeyboardInterrupt:
    pass

"""Creates a znode every 20 ms until its standard input ends and LEAST of them are acknowledged, then counts: one JSON line with what was acknowledged, what of it is
not there, and the longest time without an acknowledgement.

usage: writer.py HOST:PORT,… PATH [LEAST]
"""

import json
import logging
import select
import sys
import time

from kazoo.client import KazooClient
from kazoo.exceptions import ConnectionLoss, NodeExistsError, OperationTimeoutError, SessionExpiredError
from kazoo.handlers.threading import KazooTimeoutError

logging.disable(logging.CRITICAL)


def client(servers):
    found = KazooClient(hosts=servers, timeout=10, connection_retry={"max_tries": -1, "delay": 0.05, "max_delay": 0.5})
    found.start(timeout=60)
    return found


def main():
    servers, path = sys.argv[1:3]
    least = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    writer = client(servers)
    writer.ensure_path(path)
    print("begun", flush=True)
    acknowledged, longest, last = [], 0.0, time.monotonic()
    number = len(writer.get_children(path))
    first = number
    ended = False
    while not ended:
        due = time.monotonic() + 0.02
        name = f"{path}/{number:08d}"
        while True:
            try:
                # One that waits for a new connection for ever would not see the end.
                writer.create_async(name, b"x" * 100).get(timeout=15)
                break
            except NodeExistsError:
                break
            except (ConnectionLoss, SessionExpiredError, OperationTimeoutError, KazooTimeoutError):
                time.sleep(0.02)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        acknowledged.append(f"{number:08d}")
        number += 1
        ended = bool(select.select([sys.stdin], [], [], max(0, due - time.monotonic()))[0]) and len(acknowledged) >= least
    reader = client(servers)
    reader.sync(path)
    there = set(reader.get_children(path))
    lost = [name for name in acknowledged if name not in there]
    print(json.dumps({"acknowledged": len(acknowledged), "lost": len(lost), "longest": round(longest, 3), "first": first, "all": len(there)}), flush=True)
    reader.stop()
    writer.stop()


if __name__ == "__main__":
    main()

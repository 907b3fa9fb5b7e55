"""Checks what load.py left behind: no acknowledged write is missing, and none is there that was not begun.

usage: check_load.py PORT ROUND JSON_OF_LOAD
"""
import json, sys
from kazoo.client import KazooClient

port, round_number = sys.argv[1], sys.argv[2]
# kazoo's own log lines may be around it.
told = json.loads(next(line for line in sys.argv[3].splitlines() if line.startswith("{")))
client = KazooClient("127.0.0.1:" + port, timeout=30)
client.start(timeout=60)
prefix = "r%s-" % round_number
there = {int(name[len(prefix):]) for name in client.get_children("/load") if name.startswith(prefix)}
lost = set(told["acknowledged"]) - there
invented = {number for number in there if number >= told["begun"]}
assert not lost, "lost: %s" % sorted(lost)
assert not invented, "invented: %s" % sorted(invented)
# What survives is a prefix of what was sent: one session's writes are in order.
assert there == set(range(len(there))), "a hole below %d" % max(there)
for number in list(there)[:20]:
    assert client.get("/load/%s%06d" % (prefix, number))[0] == b"%d" % number
client.stop()
print("done")

"""Writes as fast as it can and kills the server in the middle of it.

usage: load.py PORT PID ROUND KILL_AFTER
Prints how many writes were begun, and the numbers of those that were acknowledged before the server was gone.
"""
import json, os, signal, sys, threading
from kazoo.client import KazooClient

port, pid, round_number, kill_after = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
client = KazooClient("127.0.0.1:" + port, timeout=30)
client.start(timeout=60)
client.ensure_path("/load")
acknowledged, lock, room, gone = [], threading.Lock(), threading.Semaphore(200), threading.Event()


def answered(number, result):
    room.release()
    if result.exception is not None:
        gone.set()
        return
    with lock:
        acknowledged.append(number)
        if len(acknowledged) == kill_after:
            os.kill(pid, signal.SIGKILL)


begun = 0
while not gone.is_set():
    if not room.acquire(timeout=5):
        break
    result = client.create_async("/load/r%s-%06d" % (round_number, begun), b"%d" % begun)
    result.rawlink(lambda r, number=begun: answered(number, r))
    begun += 1
with lock:
    print(json.dumps({"begun": begun, "acknowledged": sorted(acknowledged)}), flush=True)
os._exit(0)

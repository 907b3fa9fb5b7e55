# Takes part, as kazoo's recipes do, in everything below /k that RecipeInteropTests has a Swift side of; and in two things of Curator's.
# usage: kazoo_peer.py HOST:PORT
import sys
import threading
import time
import traceback

from kazoo.client import KazooClient
from kazoo.recipe.lock import Lock

client = KazooClient(hosts=sys.argv[1], timeout=30)
client.start()


class CuratorLock(Lock):
    """Heeds Curator's contenders, and has a name that Curator heeds."""

    _NODE_NAME = "-lock-"
    _EXCLUDE_NAMES = ["-lock-"]


def wait_for(path, exists=True):
    while (client.exists(path) is not None) != exists:
        time.sleep(0.02)


def add_one(path):
    """Adds one, without a version: lost if anybody else does the same at the same time."""
    value = int(client.get(path)[0])
    client.set(path, b"%d" % (value + 1))


def lock():
    for _ in range(12):
        with client.Lock("/k/lock", "python"):
            add_one("/values/lock-k")


def curators_lock():
    for _ in range(12):
        with CuratorLock(client, "/c/lock", "python"):
            add_one("/values/lock")


def read_write():
    for _ in range(6):
        with client.WriteLock("/k/rw", "python"):
            add_one("/values/rw-k")
        with client.ReadLock("/k/rw", "python"):
            before = client.get("/values/rw-k")[0]
            time.sleep(0.005)
            assert client.get("/values/rw-k")[0] == before, "written while it was read"


def semaphore():
    for _ in range(6):
        with client.Semaphore("/k/semaphore", "python", max_leases=2):
            inside = client.create("/values/inside-k/x", ephemeral=True, sequence=True)
            count = len(client.get_children("/values/inside-k"))
            time.sleep(0.005)
            client.delete(inside)
            assert count <= 2, count


def election():
    for _ in range(4):
        client.Election("/k/election", "python").run(add_one, "/values/election")


def counters():
    counter = client.Counter("/k/counter")
    curators = client.Counter("/c/int", support_curator=True)
    for _ in range(10):
        counter += 1
        curators += 1


def queues():
    out = client.Queue("/k/to-swift")
    in_ = client.Queue("/k/from-swift")
    for number in range(5):
        out.put(b"python %d" % number)
    for number in range(5):
        while (entry := in_.get()) is None:
            time.sleep(0.02)
        assert entry == b"swift %d" % number, entry


def locking_queues():
    out = client.LockingQueue("/k/work-for-swift")
    in_ = client.LockingQueue("/k/work-of-swift")
    for number in range(5):
        out.put(b"python %d" % number)
    for number in range(5):
        assert in_.get(timeout=30) == b"swift %d" % number
        assert in_.consume()


def barrier():
    assert client.Barrier("/k/barrier").wait(30)
    add_one("/values/barrier-k")


def double_barrier():
    barrier = client.DoubleBarrier("/k/double", 2, "python")
    barrier.enter()
    assert barrier.participating
    client.create("/values/python-inside")
    wait_for("/values/swift-inside-k")
    barrier.leave()


def parties():
    party = client.Party("/k/party", "python")
    shallow = client.ShallowParty("/k/shallow", "python")
    party.join()
    shallow.join()
    while "swift" not in list(party) or "swift" not in list(shallow):
        time.sleep(0.02)
    client.create("/values/python-saw-swift")
    wait_for("/values/swift-saw-python")
    party.leave()
    shallow.leave()


failures = []


def run(part):
    try:
        part()
        print("done", part.__name__, flush=True)
    except BaseException:
        failures.append(part)
        print("failed", part.__name__, traceback.format_exc(), flush=True)


client.create("/peers/python", ephemeral=True, makepath=True)
wait_for("/go")
parts = [
    lock, curators_lock, read_write, semaphore, election, counters, queues, locking_queues, barrier,
    double_barrier, parties,
]
threads = [threading.Thread(target=run, args=(part,), daemon=True) for part in parts]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(60)
stuck = [part.__name__ for part, thread in zip(parts, threads) if thread.is_alive()]
if stuck:
    print("stuck", stuck, flush=True)
client.stop()
sys.exit(1 if failures or stuck else 0)

"""Writes a bit of everything with kazoo, its recipes included, and checks what comes back. usage: workload.py PORT NAME"""
import sys, threading
from kazoo.client import KazooClient
from kazoo.exceptions import BadVersionError, NoAuthError, NoNodeError, NodeExistsError, NotEmptyError
from kazoo.recipe.counter import Counter
from kazoo.security import CREATOR_ALL_ACL, make_digest_acl

port, name = sys.argv[1], "/" + sys.argv[2]
client = KazooClient("127.0.0.1:" + port, timeout=30)
client.start(timeout=60)


def fails(kind, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except kind:
        return
    raise SystemExit("%s was expected of %s" % (kind.__name__, arguments))


assert client.create(name, b"root") == name
assert client.create(name + "/deep/er/path", b"x", makepath=True) == name + "/deep/er/path"
assert client.create(name + "/seq-", b"", sequence=True) == name + "/seq-0000000001"
path, stat = client.create(name + "/two", b"22", include_data=True)
assert (path, stat.dataLength, stat.version) == (name + "/two", 2, 0)
fails(NodeExistsError, client.create, name)
fails(NoNodeError, client.get, name + "/missing")
fails(NotEmptyError, client.delete, name)
assert client.set(name, b"changed").version == 1
fails(BadVersionError, client.set, name, b"", version=0)
assert client.get(name)[0] == b"changed"
assert client.exists(name + "/missing") is None
assert client.create(name + "/ünïcode-日本", b"\x00\xff") and client.get(name + "/ünïcode-日本")[0] == b"\x00\xff"

seen = threading.Event()
client.get(name + "/two", watch=lambda event: seen.set() if event.type == "CHANGED" else None)
client.set(name + "/two", b"333")
assert seen.wait(60)
changes = []
client.ChildrenWatch(name + "/deep", lambda children: changes.append(sorted(children)))
client.create(name + "/deep/new", b"")
client.sync(name)

transaction = client.transaction()
transaction.check(name, 1)
transaction.create(name + "/t", b"1")
transaction.set_data(name + "/t", b"2")
transaction.delete(name + "/seq-0000000001")
results = transaction.commit()
assert not any(isinstance(result, Exception) for result in results), results
transaction = client.transaction()
transaction.create(name + "/u", b"")
transaction.check(name, 77)
assert all(isinstance(result, Exception) for result in transaction.commit())
assert client.exists(name + "/u") is None

other = KazooClient("127.0.0.1:" + port, timeout=30)
other.start(timeout=60)
# kazoo sends the empty id of this ACL as null.
creator = KazooClient("127.0.0.1:" + port, timeout=30, auth_data=[("digest", "ann:pw")])
creator.start(timeout=60)
creator.create(name + "/mine", b"", acl=CREATOR_ALL_ACL)
fails(NoAuthError, other.get, name + "/mine")
assert creator.get_acls(name + "/mine")[0][0].id.id.startswith("ann:")
creator.stop()
client.create(name + "/locked", b"secret", acl=[make_digest_acl("bob", "pw", all=True)])
fails(NoAuthError, other.get, name + "/locked")
other.add_auth("digest", "bob:pw")
assert other.get(name + "/locked")[0] == b"secret"
other.create(name + "/ephemeral", b"", ephemeral=True)
with client.Lock(name + "/lock", "a"):
    assert not other.Lock(name + "/lock", "b").acquire(blocking=False)
counter = Counter(client, name + "/counter")
counter += 5
assert counter.value == 5
queue = client.Queue(name + "/queue")
queue.put(b"first")
queue.put(b"second")
assert queue.get() == b"first"
assert client.create(name + "/big", b"b" * 900_000) and len(client.get(name + "/big")[0]) == 900_000
gone = threading.Event()
client.exists(name + "/ephemeral", watch=lambda event: gone.set() if event.type == "DELETED" else None)
other.stop()
assert gone.wait(60)
many = [client.create_async(name + "/many-", b"m", sequence=True) for _ in range(300)]
names = [result.get(timeout=60) for result in many]
assert names == sorted(names) and len(set(names)) == 300
assert client.delete(name + "/deep", recursive=True) in (None, True)
client.stop()
print("done")

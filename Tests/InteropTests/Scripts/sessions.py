"""Moves sessions from server to server as no client library does, and checks what the servers make of it.

usage: sessions.py PORT PORT...   (servers of one ensemble; a session goes through them in this order)
"""
import os, socket, struct, sys, time

ports = [int(port) for port in sys.argv[1:]]
root = "/sessions-" + os.urandom(4).hex()
CREATE, DELETE, EXISTS, GET, SET, PING, CLOSE = 1, 2, 3, 4, 5, 11, -11
NO_NODE, NODE_EXISTS = -101, -110


def buffer(data):
    return struct.pack(">i", len(data)) + data


class Connection:
    """One connection to one server; `session` is None when the server refused it."""

    def __init__(self, port, session=None, timeout=30000):
        identity, password = session or (0, bytes(16))
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(60)
        self.send(struct.pack(">iqiq", 0, 0, timeout, identity) + buffer(password) + b"\0")
        answer = self.receive()
        self.timeout, identity = struct.unpack(">iq", answer[4:16])
        self.session = (identity, answer[20:36]) if identity else None
        self.xid = 0

    def send(self, frame):
        self.socket.sendall(buffer(frame))

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def receive(self):
        return self.read(struct.unpack(">i", self.read(4))[0])

    def request(self, op, body=b""):
        """The error and the body of the reply."""
        self.xid += 1
        xid = -2 if op == PING else self.xid
        self.send(struct.pack(">ii", xid, op) + body)
        answer = self.receive()
        got, _, error = struct.unpack(">iqi", answer[:16])
        assert got == xid, (got, xid)
        return error, answer[16:]

    def create(self, path, data=b"", ephemeral=False):
        acl = struct.pack(">ii", 1, 31) + buffer(b"world") + buffer(b"anyone")
        return self.request(CREATE, buffer(path.encode()) + buffer(data) + acl + struct.pack(">i", ephemeral))[0]

    def set(self, path, data):
        return self.request(SET, buffer(path.encode()) + buffer(data) + struct.pack(">i", -1))[0]

    def exists(self, path):
        error, _ = self.request(EXISTS, buffer(path.encode()) + b"\0")
        assert error in (0, NO_NODE), error
        return error == 0

    def drop(self):
        """As a crash of the client would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def until(what, condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def is_closed(connection, path):
    """Whether a write is refused by closing the connection."""
    try:
        error = connection.create(path)
    except (EOFError, ConnectionError):
        return True
    raise SystemExit("a write through a connection that its session has left: %d" % error)


# A session goes from server to server, and its ephemeral with it.
here = Connection(ports[0])
assert here.create(root) == 0
assert here.create(root + "/ephemeral", ephemeral=True) == 0
assert here.create(root + "/ephemeral") == NODE_EXISTS
for number, port in enumerate(ports[1:] + ports):
    here.drop()
    there = Connection(port, here.session)
    assert there.session == here.session, "server on %d does not know the session" % port
    assert there.set(root + "/ephemeral", b"%d" % number) == 0
    assert there.create("%s/at-%d" % (root, number)) == 0
    here = there

# It goes on while the old connection stands: that one is of no use any more.
for port in ports:
    there = Connection(port, here.session)
    assert there.session == here.session
    assert there.set(root + "/ephemeral", b"stolen") == 0
    assert is_closed(here, root + "/stale")
    here = there
assert not here.exists(root + "/stale")

# A wrong password, and somebody else's.
for port in ports:
    assert Connection(port, (here.session[0], bytes(16))).session is None
    assert Connection(port, (here.session[0] ^ 0x5555, here.session[1])).session is None
# The attempt at the server where the session is has closed its connection.
here = Connection(ports[-1], here.session)

# Each server keeps the sessions of its clients alive, and none that are silent.
pinged = [Connection(port, timeout=4000) for port in ports]
silent = [Connection(port, timeout=4000) for port in ports]
for kind in (pinged, silent):
    for number, connection in enumerate(kind):
        name = "pinged" if kind is pinged else "silent"
        assert connection.timeout == 4000, connection.timeout
        assert connection.create("%s/%s-%d" % (root, name, number), ephemeral=True) == 0
watcher = Connection(ports[0])


def only_pinged():
    for connection in pinged + [here, watcher]:
        assert connection.request(PING)[0] == 0
    return not any(watcher.exists("%s/silent-%d" % (root, number)) for number in range(len(ports)))


until("silent sessions expire", only_pinged)
begin = time.monotonic()
until("their timeout passes again", lambda: only_pinged() and time.monotonic() > begin + 5)
for number in range(len(ports)):
    assert watcher.exists("%s/pinged-%d" % (root, number)), number
for connection in silent:
    assert Connection(ports[0], connection.session).session is None

# Closing a session takes its ephemerals away everywhere, and nobody can renew it.
error, _ = here.request(CLOSE)
assert error == 0, error
for port in ports:
    other = Connection(port)
    until("the ephemeral is gone from the server on %d" % port, lambda: not other.exists(root + "/ephemeral"))
    assert Connection(port, here.session).session is None
    other.request(CLOSE)
print("done")

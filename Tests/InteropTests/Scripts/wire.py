"""The client protocol by hand, for what no client library would send. Put before the scripts that use it."""
import random, select, socket, struct, sys, time

PATIENCE = 120


def frame(body):
    return struct.pack(">i", len(body)) + body


def text(value):
    if value is None:
        return struct.pack(">i", -1)
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return struct.pack(">i", len(data)) + data


def acls(entries):
    return struct.pack(">i", len(entries)) + b"".join(
        struct.pack(">i", perms) + text(scheme) + text(id) for perms, scheme, id in entries)


OPEN = [(31, "world", "anyone")]


def create(path, data=b"", acl=OPEN, flags=0):
    return text(path) + text(data) + acls(acl) + struct.pack(">i", flags)


class Wire:
    """One connection with a session."""

    def __init__(self, port, timeout=600000, connect=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.xid = 0
        if connect:
            self.socket.sendall(connect_request(timeout))
            assert len(self.next()) == 37

    def send(self, op, body=b""):
        self.xid += 1
        self.socket.sendall(frame(struct.pack(">ii", self.xid, op) + body))
        return self.xid

    def next(self):
        """The next frame, None when the server has closed the connection."""
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack(">i", self.buffer[:4])[0]:
            try:
                data = self.socket.recv(1 << 20)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.buffer += data
        length = struct.unpack(">i", self.buffer[:4])[0]
        whole, self.buffer = self.buffer[4:4 + length], self.buffer[4 + length:]
        return whole

    def ask(self, op, body=b""):
        """The error code of the reply and its body; None when the connection was closed instead."""
        self.send(op, body)
        reply = self.next()
        if reply is None:
            return None
        return struct.unpack(">i", reply[12:16])[0], reply[16:]


def connect_request(timeout=600000):
    return frame(struct.pack(">iqiq", 0, 0, timeout, 0) + text(b"\0" * 16) + b"\0")


def word(port, name):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(name.encode())
        answer = b""
        while True:
            data = connection.recv(1 << 16)
            if not data:
                return answer.decode()
            answer += data


def mntr(port, key):
    return next(line.split("\t")[1] for line in word(port, "mntr").splitlines() if line.startswith("zk_%s\t" % key))


def resident_peak(pid):
    """The most memory that the process ever had, MiB."""
    line = next(line for line in open("/proc/%s/status" % pid) if line.startswith("VmHWM:"))
    return int(line.split()[1]) >> 10


def pester(port, data, source):
    """A connection that sends something and goes, at once or when there is an answer."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    try:
        connection.sendall(data)
        if source.random() < 0.5:
            connection.shutdown(socket.SHUT_WR)
        else:
            connection.setblocking(False)
            select.select([connection], [], [], 0.001)
    except OSError:
        pass  # closed already: as it should be
    connection.close()


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("not within %d s: %s" % (PATIENCE, what))
        time.sleep(0.02)

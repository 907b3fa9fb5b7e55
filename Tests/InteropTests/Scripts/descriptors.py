"""Takes all the descriptors that a server may have. usage: descriptors.py PORT PID LIMIT"""
import os, resource

port, pid, limit = (int(word) for word in sys.argv[1:])


def write(wire):
    return wire.ask(5, text("/a") + text(b"x" * 100) + struct.pack(">i", -1))


def session():
    """A connection with a session, None when it is refused."""
    try:
        wire = Wire(port, connect=False)
        wire.socket.sendall(connect_request())
        return wire if wire.next() else None
    except OSError:
        return None


def processor_time():
    fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


first = Wire(port)
assert first.ask(1, create("/a"))[0] == 0

# Connections that say nothing keep nobody out, and the log is rolled on.
silent = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(3 * limit)]
late = session()
assert late is not None
for _ in range(100):
    assert write(first)[0] == 0
assert write(late)[0] == 0

# Nor do sessions: there are so many and no more, and those that are there go on.
sessions = []
while True:
    wire = session()
    if wire is None:
        break
    sessions.append(wire)
    assert len(sessions) < limit
assert len(sessions) > 3, len(sessions)
for _ in range(100):
    assert write(first)[0] == 0
for wire in sessions:
    wire.socket.close()
for connection in silent:
    connection.close()
until("the connections are gone", lambda: int(mntr(port, "num_alive_connections")) == 3)


def open_files():
    """What the server has open, by number; None when that changes meanwhile."""
    directory = "/proc/%d/fd/" % pid
    try:
        return {int(name): os.readlink(directory + name) for name in os.listdir(directory)}
    except OSError:
        return None


def writes_no_snapshot():
    files = open_files()
    return files is not None and not any("/snapshot." in path or path.endswith("/version-2") for path in files.values())


# The last snapshot would give its descriptor back.
until("no snapshot is being written", writes_no_snapshot)

# With no descriptor at all the server waits, instead of trying again and again, and goes on when there is one.
soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
used = open_files()
resource.prlimit(pid, resource.RLIMIT_NOFILE, (next(n for n in range(soft) if n not in used), hard))
waiting = Wire(port, connect=False)
waiting.socket.sendall(connect_request())
before = processor_time()
assert select.select([waiting.socket], [], [], 1.5) == ([], [], [])
spent = processor_time() - before
resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
assert waiting.next() is not None
assert write(waiting)[0] == 0
assert spent < 0.3, "%.2f s of the processor in 1.5 s" % spent
print("done")

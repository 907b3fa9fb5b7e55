"""One server of each engine with many sessions, many watches, and many ephemerals whose sessions expire at once."""
import select, struct, time
from harness import *

SESSIONS, WATCHES, EXPIRING, EPHEMERALS = 10_000, 200_000, 500, 20


def expiry(server):
    """(milliseconds from the first ephemeral gone to the last, the longest set of another client meanwhile in milliseconds)."""
    other = Client(server.port)
    other.call(CREATE, create_body(b"/ephemerals"))
    other.call(CREATE, create_body(b"/other"))
    clients = [Client(server.port, timeout=12_000, wait=False) for _ in range(EXPIRING)]
    for client in clients:
        client.take_session()
    for number, client in enumerate(clients):
        for each in range(EPHEMERALS):
            client.send(CREATE, create_body(b"/ephemerals/%04d-%d" % (number, each), b"d" * 100, flags=1))
    for client in clients:
        for _ in range(EPHEMERALS):
            client.read_frame()
    # All are heard within one tick, and never again.
    for client in clients:
        client.send(PING, xid=-2)
    for client in clients:
        client.close()
    first, worst, closed = None, 0, time.monotonic()
    while True:
        began = time.monotonic()
        other.call(SET, set_body(b"/other", b"d" * 100))
        now = time.monotonic()
        other.send(EXISTS, text(b"/ephemerals") + b"\0")
        # Of a Stat: behind the header of 16 bytes, in front of pzxid.
        left = struct.unpack(">i", other.read_frame()[16 + 56:16 + 60])[0]
        if left < EXPIRING * EPHEMERALS:
            first = first or now
            worst = max(worst, now - began)
        if not left:
            other.call(SESSION_CLOSE)
            return (time.monotonic() - first) * 1000, worst * 1000
        if now - closed > 60:
            raise SystemExit("%d ephemerals of %s are still there after 60 s" % (left, server.engine))


def watches(server):
    """(MiB more for the watches, milliseconds from a set to the one event, sorted)."""
    Load([server]).fill(WATCHES)
    before = server.memory()
    # They are silent until the last watch is set.
    watchers = [Client(server.port, timeout=120_000) for _ in range(20)]
    each = WATCHES // len(watchers)
    for place, watcher in enumerate(watchers):
        for batch in range(0, each, 500):
            numbers = range(place * each + batch, place * each + batch + 500)
            watcher.socket.sendall(b"".join(frame(GET, text(node(number)) + b"\1") for number in numbers))
            for _ in numbers:
                watcher.read_frame()
    more = server.memory() - before
    setter, times = Client(server.port), []
    for turn in range(500):
        place = turn % len(watchers)
        began = time.monotonic()
        setter.send(SET, set_body(node(place * each + turn), b"e" * 100))
        watchers[place].read_frame()
        times.append((time.monotonic() - began) * 1000)
        setter.read_frame()
    if select.select(watchers, [], [], 0)[0]:
        raise SystemExit("%s fired a watch on another znode" % server.engine)
    for client in watchers + [setter]:
        client.call(SESSION_CLOSE)
    return more, sorted(times)


def frame(op, body):
    return struct.pack(">iii", 8 + len(body), 1, op) + body


def compare(report, options):
    table = report.table("Many sessions, watches, ephemerals", "One server; the sessions each have one set under way, then one get.")
    expired, watched, loads, memory = {}, {}, {}, {}
    for engine in ENGINES:
        # Ten thousand are opened one after the other before the first is used.
        server = Server(engine, config="maxSessionTimeout=120000\n")
        try:
            server.start()
            load = Load([server])
            if engine == "apache" and options.warm:
                load.run("set", options.warm / 4)
            expired[engine] = expiry(server)
            watched[engine] = watches(server)
            # Last: they are left to expire.
            many = dict(connections=SESSIONS, window=1)
            loads[engine] = {operation: load.run(operation, options.seconds * 2, **many) for operation in ("set", "get")}
            memory[engine] = server.memory()
        finally:
            server.forget()
    name = format(SESSIONS, ",")
    for operation in ("set", "get"):
        table.add_load("%s sessions, %s" % (name, operation), *(loads[engine][operation] for engine in ENGINES), whose="of the server")
    table.add("memory behind that (PSS), MiB", *(memory[engine] for engine in ENGINES), digits=0)
    table.add("%s watches, memory for them (PSS), MiB" % format(WATCHES, ","), *(watched[engine][0] for engine in ENGINES), digits=0)
    for part in (0.5, 0.99, 0.999):
        table.add("of which one fires: set to event, p%g ms" % (part * 100), *(watched[engine][1][min(499, int(part * 500))] for engine in ENGINES), digits=3)
    name = "%s ephemerals of %s sessions expire at once" % (format(EXPIRING * EPHEMERALS, ","), format(EXPIRING, ","))
    table.add("%s: first to last gone, ms" % name, *(expired[engine][0] for engine in ENGINES), digits=0)
    table.add("the longest set of another client meanwhile, ms", *(expired[engine][1] for engine in ENGINES), digits=1)

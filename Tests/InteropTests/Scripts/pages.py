"""Asks for pages as fast as it can and reads none. usage: pages.py PORT PID ADMIN_PORT METRICS_PORT"""
import urllib.request

port, pid, admin, metrics = (int(word) for word in sys.argv[1:])
client = Wire(port)
before = resident_peak(pid)
worst = 0
for target in ((admin, b"/commands/monitor"), (metrics, b"/metrics")):
    flood = socket.create_connection(("127.0.0.1", target[0]), timeout=PATIENCE)
    flood.setblocking(False)
    requests = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target[1] * 1000
    # Until it takes no more for a while.
    taken, last = 0, time.monotonic()
    while time.monotonic() < last + 0.5 and taken < 200 << 20:
        try:
            taken += flood.send(requests)
            last = time.monotonic()
        except BlockingIOError:
            select.select([], [flood], [], 0.01)
        began = time.monotonic()
        assert client.ask(3, text("/") + b"\0")[0] == 0
        worst = max(worst, time.monotonic() - began)
    assert taken < 64 << 20, "%d MiB of requests taken" % (taken >> 20)
    # Who holds connections and says nothing, or little, keeps nobody from a page.
    held = [socket.create_connection(("127.0.0.1", target[0]), timeout=PATIENCE) for _ in range(200)]
    for connection in held[::2]:
        try:
            connection.sendall(b"GET /")
        except OSError:
            pass  # closed already
    with urllib.request.urlopen("http://127.0.0.1:%d%s" % (target[0], target[1].decode()), timeout=PATIENCE) as page:
        assert len(page.read()) > 10000
    is_held = lambda connection: not select.select([connection], [], [], 0)[0]
    until("most of them are closed", lambda: sum(map(is_held, held)) < 50)
    for connection in held + [flood]:
        connection.close()
with urllib.request.urlopen("http://127.0.0.1:%d/commands/initial_configuration" % admin, timeout=PATIENCE) as page:
    configuration = page.read().decode()
assert "superDigest=(removed)" in configuration and "dataDir=" in configuration, configuration
grown = resident_peak(pid) - before
assert grown < 32, "%d MiB" % grown
assert worst < 1, "a client waited %.2f s" % worst
print("done")

"""largeRequestThreshold=1000 and largeRequestMaxBytes=50000: who has more in process than that is let go, and nobody else.

usage: large_requests.py PORT
"""
port = int(sys.argv[1])
any_version = struct.pack(">i", -1)
client = Wire(port)
assert client.ask(1, create("/a"))[0] == 0
assert client.ask(5, text("/a") + text(b"x" * 40_000) + any_version)[0] == 0
assert client.ask(5, text("/a") + text(b"x" * 40_000) + any_version)[0] == 0, "the first one is done"
other = Wire(port)
assert other.ask(5, text("/a") + text(b"x" * 60_000) + any_version) is None
# Small ones do not count, however many there are.
for number in range(2000):
    client.send(5, text("/a") + text(b"x" * 900) + any_version)
for number in range(2000):
    assert struct.unpack(">i", client.next()[12:16])[0] == 0
# Several at once, behind a write: the connection is closed, and its session is not.
for number in range(100):
    try:
        client.send(5, text("/a") + text(b"x" * 20_000) + any_version)
    except OSError:
        break
while client.next() is not None:
    pass
assert int(mntr(port, "large_requests_rejected")) == 2
assert Wire(port).ask(3, text("/a") + b"\0")[0] == 0
print("done")

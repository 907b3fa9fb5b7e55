"""Requests by the hundred, whose answers are more than a server can keep: all are answered, in order, as the client reads.

usage: held_back.py PORT
"""
import threading

port = int(sys.argv[1])
SET, GET, SYNC, AUTH, SASL, MULTI_READ = 5, 4, 9, 100, 102, 22
LARGE = bytes(range(256)) * 3900
any_version = struct.pack(">i", -1)


def request(xid, op, body):
    return frame(struct.pack(">ii", xid, op) + body)


def in_background(wire, data):
    sender = threading.Thread(target=wire.socket.sendall, args=(data,))
    sender.start()
    return sender


# Reads behind a write or a sync, which wait for it and are all due at once.
setup = Wire(port)
for path, data in (("/large", LARGE), ("/small", b""), ("/v", b"")):
    assert setup.ask(1, create(path, data))[0] == 0
for first in ([], [(SET, text("/small") + text(b"1") + any_version)],
              [(SET, text("/small") + text(b"2") + any_version), (SYNC, text("/"))]):
    client = Wire(port)
    wanted = first + [(GET, text("/large") + b"\0")] * 80
    sender = in_background(client, b"".join(request(xid, op, body) for xid, (op, body) in enumerate(wanted)))
    for xid, (op, _) in enumerate(wanted):
        reply = client.next()
        assert reply is not None, "closed after %d of %d answers" % (xid, len(wanted))
        assert struct.unpack(">iqi", reply[:16])[::2] == (xid, 0)
        assert op != GET or reply[20:20 + len(LARGE)] == LARGE
    sender.join()

# A write behind reads that are held back: they do not see it.
client = Wire(port)
rounds, reads, size = 40, 12, 150_000
data, xid = b"", 0
for number in range(rounds):
    data += request(xid, SET, text("/v") + text(b"%d " % number * (size // 5)) + any_version)
    for offset in range(reads):
        data += request(xid + 1 + offset, GET, text("/v") + b"\0")
    xid += 1 + reads
sender = in_background(client, data)
last = 0
for number in range(rounds):
    for offset in range(1 + reads):
        xid, zxid, err = struct.unpack(">iqi", (reply := client.next())[:16])
        assert (xid, err) == (number * (1 + reads) + offset, 0)
        assert zxid >= last
        last = zxid
        assert offset == 0 or reply[20:].startswith(b"%d " % number), "read %d of round %d sees %s" % (offset, number, reply[20:24])
sender.join()

# What one connection is, and what one request asks for, has a limit.
client = Wire(port)
for number in range(2):
    assert client.ask(AUTH, struct.pack(">i", 0) + text("digest") + text("u%d" % number + "x" * 30_000 + ":p"))[0] == 0
assert client.ask(AUTH, struct.pack(">i", 0) + text("digest") + text("u3" + "x" * 30_000 + ":p")) == (-115, b"")
assert client.next() is None
client = Wire(port)
assert client.ask(SASL, text(b"")) == (-115, b"")
assert client.next() is None
client = Wire(port)
operation = struct.pack(">ibi", GET, 0, -1) + text("/large") + b"\0"
end = struct.pack(">ibi", -1, 1, -1)
assert client.ask(MULTI_READ, operation * 5 + end)[0] == 0
assert client.ask(MULTI_READ, operation * 200 + end) == (-5, b"")
assert client.ask(GET, text("/large") + b"\0")[0] == 0
print("done")

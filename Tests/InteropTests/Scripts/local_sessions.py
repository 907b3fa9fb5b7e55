"""A session that its server keeps to itself, until it makes an ephemeral. As Apache's answers were captured: the zxids tell
which txns were made. usage: local_sessions.py PORT"""
port = int(sys.argv[1])
wire = Wire(port, timeout=30000)


def ask_zxid(op, body):
    wire.send(op, body)
    reply = wire.next()
    xid, zxid, error = struct.unpack(">iqi", reply[:16])
    assert error == 0, error
    return zxid


first = ask_zxid(1, create("/local", b"x"))
# No createSession came before it; then one comes before the ephemeral.
assert first & 0xFFFFFFFF == 1, hex(first)
assert ask_zxid(1, create("/local/e", b"x", flags=1)) == first + 2
assert ask_zxid(5, text("/local") + text(b"y") + struct.pack(">i", -1)) == first + 3
# Closing is a txn, too, now that all know the session.
assert ask_zxid(-11, b"") == first + 4
assert wire.next() is None
# One that stays local is closed without a txn.
wire = Wire(port, timeout=30000)
assert ask_zxid(-11, b"") == first + 4
print("done")

"""What a server without a quorum answers. usage: read_only.py PORT"""
port = int(sys.argv[1])
until("the server serves read-only clients", lambda: word(port, "isro") == "ro")
lines = word(port, "srvr").splitlines()
assert lines[1] == "READ-ONLY mode; serving only read-only clients" and "Mode: read-only" in lines, lines


def connect(read_only):
    wire = Wire(port, connect=False)
    request = struct.pack(">iqiq", 0, 0, 30000, 0) + text(b"\0" * 16)
    wire.socket.sendall(frame(request + (b"" if read_only is None else bytes([read_only]))))
    return wire, wire.next()


# Old clients and those that want to write are sent away without a word.
assert connect(0)[1] is None and connect(None)[1] is None
wire, response = connect(1)
assert len(response) == 37 and response[-1] == 1, response
assert wire.ask(3, text("/local") + b"\0")[0] == 0
assert wire.ask(4, text("/local") + b"\0")[1].startswith(text(b"y"))
assert wire.ask(8, text("/") + b"\1")[0] == 0
for op, body in ((1, create("/x")), (2, text("/local") + struct.pack(">i", -1)), (9, text("/")),
                 (14, struct.pack(">ibi", -1, 1, -1))):
    assert wire.ask(op, body)[0] == -119, op
assert wire.ask(-11)[0] == 0 and wire.next() is None
print("done")

"""A server with enforce.auth.schemes=digest: who has proved nothing is told so and closed. usage: enforced.py PORT"""
port = int(sys.argv[1])
stranger = Wire(port)
assert stranger.ask(1, create("/stranger")) == (-124, b"")
assert stranger.next() is None, "the connection stays open"
known = Wire(port)
auth = struct.pack(">i", 0) + text("digest") + text(b"bob:pw")
known.socket.sendall(frame(struct.pack(">ii", -4, 100) + auth))
assert struct.unpack(">i", known.next()[12:16])[0] == 0
assert known.ask(1, create("/known"))[0] == 0
assert known.ask(3, text("/stranger") + b"\0")[0] == -101
print("done")

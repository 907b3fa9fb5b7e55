"""Connections that send nonsense, or half of something, and go. The server closes them and serves the others.

usage: garbage.py PORT SEED
"""
port, seed = int(sys.argv[1]), int(sys.argv[2])
source = random.Random(seed)
witness = Wire(port)
assert witness.ask(1, create("/witness", b"w"))[0] == 0


def nonsense():
    kind = source.randrange(6)
    if kind == 0:  # anything
        return source.randbytes(source.randrange(1, 400))
    if kind == 1:  # a frame of anything, of its true length
        return frame(source.randbytes(source.randrange(0, 400)))
    if kind == 2:  # a session, then anything
        return connect_request() + source.randbytes(source.randrange(1, 400))
    if kind == 3:  # a session, then a request with some opcode and anything for a body
        header = struct.pack(">ii", source.randrange(-9, 100), source.choice([*range(-12, 25), *range(99, 110)]))
        return connect_request() + frame(header + source.randbytes(source.randrange(0, 60)))
    if kind == 4:  # a session, then a length that is none
        return connect_request() + struct.pack(">i", source.choice([-1, -2 ** 31, 2 ** 31 - 1, 0x00100000]))
    # a session and a request, cut off
    whole = connect_request() + frame(struct.pack(">ii", 1, 1) + create("/cut", b"data"))
    return whole[:source.randrange(1, len(whole))]


for round_number in range(400):
    pester(port, nonsense(), source)
    assert witness.ask(4, text("/witness") + b"\0")[0] == 0
until("the connections are gone", lambda: int(mntr(port, "num_alive_connections")) == 2)
assert witness.ask(5, text("/witness") + text(b"still") + struct.pack(">i", 0))[0] == 0
print("done")

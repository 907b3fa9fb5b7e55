"""A client asks for a gigabyte and does not read it; then it does. Others must not notice, nor the server's memory.

usage: slow_reader.py PORT PID REQUESTS
"""
port, pid, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
DATA = bytes(range(256)) * 4000
other = Wire(port)
assert other.ask(1, create("/large", DATA))[0] == 0
before = resident_peak(pid)
slow = Wire(port)
for _ in range(count):
    slow.send(4, text("/large") + b"\0")
for number in range(200):
    assert other.ask(5, text("/large") + text(DATA) + struct.pack(">i", -1))[0] == 0 if number % 50 == 0 else True
    assert other.ask(3, text("/large") + b"\0")[0] == 0
grown = resident_peak(pid) - before
for number in range(count):
    reply = slow.next()
    assert struct.unpack(">i", reply[:4])[0] == number + 1
    assert struct.unpack(">i", reply[12:16])[0] == 0
    assert reply[20:20 + len(DATA)] == DATA
print("%d MiB asked for, the server grew by %d MiB" % (count * len(DATA) >> 20, grown))
assert grown < 64, "memory is not bounded"
assert resident_peak(pid) - before < 64, "memory is not bounded while the client reads"

# One that never reads the events it asked for is given up.
name = "/" + "e" * 400_000
deaf = Wire(port)
assert deaf.ask(106, text(name) + struct.pack(">i", 0))[0] == 0
assert other.ask(1, create(name))[0] == 0
closed = mntr(port, "num_alive_connections")
for number in range(400):
    assert other.ask(5, text(name) + text(b"") + struct.pack(">i", -1))[0] == 0
until("the deaf client is given up", lambda: int(mntr(port, "num_alive_connections")) == int(closed) - 1)
assert resident_peak(pid) - before < 320, "memory is not bounded: %d MiB" % (resident_peak(pid) - before)
print("done")

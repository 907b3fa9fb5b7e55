"""Holds many connections with sessions that do nothing, and sees how others fare. usage: idle.py PORT PID COUNT"""
import resource

port, pid, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
before = resident_peak(pid)
active = Wire(port)
assert active.ask(1, create("/busy", b"x"))[0] == 0
idle = []
while len(idle) < count:
    # In parts, as a listener's backlog is not endless.
    part = [Wire(port, connect=False) for _ in range(min(250, count - len(idle)))]
    for wire in part:
        wire.socket.sendall(connect_request())
    for wire in part:
        assert len(wire.next()) == 37
    idle += part
assert int(mntr(port, "num_alive_connections")) == count + 2
assert int(mntr(port, "global_sessions")) == count + 1
started = time.monotonic()
for number in range(500):
    assert active.ask(5, text("/busy") + text(b"%d" % number) + struct.pack(">i", -1))[0] == 0
    assert active.ask(4, text("/busy") + b"\0")[0] == 0
milliseconds = (time.monotonic() - started) * 1000 / 1000
# All of them are alive: each answers a ping.
for wire in idle:
    wire.socket.sendall(frame(struct.pack(">ii", -2, 11)))
for wire in idle:
    assert len(wire.next()) == 16
grown = resident_peak(pid) - before
for wire in idle:
    wire.socket.close()
until("the connections are gone", lambda: int(mntr(port, "num_alive_connections")) == 2)
print("%d idle connections: %.2f ms a request meanwhile, %d MiB" % (count, milliseconds, grown))
assert milliseconds < 100, "the others wait"
assert grown < count * 32 / 1024 + 16, "more than 32 KiB a connection"

"""A client that asks for far more than it reads, beside 5,000 connections that say nothing: the server's memory must stay bounded,
and others must be served. usage: slow_reader.py PORT PID"""
import resource, socket, struct, sys
from kazoo.client import KazooClient

port, pid = int(sys.argv[1]), int(sys.argv[2])
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def memory():
    for line in open("/proc/%d/status" % pid):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) << 10


def connect():
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(struct.pack(">iiqiqi", 44, 0, 0, 30000, 0, 16) + bytes(16))
    answer = b""
    while len(answer) < 40:
        answer += client.recv(64)
    return client


client = KazooClient("127.0.0.1:%d" % port, timeout=30)
client.start(timeout=60)
client.create("/big", b"b" * 1_000_000)
before = memory()
idle = [connect() for _ in range(5000)]
with_idle = memory()
assert with_idle - before < 5000 * 16384, "%d bytes an idle connection" % ((with_idle - before) // 5000)

slow = connect()
request = struct.pack(">iii", 8 + 4 + 4 + 1, 1, 4) + struct.pack(">i", 4) + b"/big" + b"\0"
slow.settimeout(5)
sent = 0
try:
    for _ in range(3000):
        slow.sendall(request)
        sent += 1
except OSError:
    pass
assert client.get("/big")[1].dataLength == 1_000_000
assert memory() - with_idle < 64 << 20, "%d bytes more for one slow reader" % (memory() - with_idle)
# It may read after all: everything it asked for comes.
slow.settimeout(60)
wanted, got = sent * (4 + 16 + 4 + 1_000_000 + 68), 0
while got < wanted:
    got += len(slow.recv(1 << 20))
assert got == wanted
print("done", (with_idle - before) // 5000, memory() - with_idle, sent)
client.stop()

#!/usr/bin/env python3
"""Runs the same load against the bundled server and Apache ZooKeeper, alternating, and prints the figures as ratios.

usage: Benchmarks/compare.py [--rounds N] [--seconds S] [--warm S] [--million]

Needs Debian's zookeeper package, and builds the bundled server's release binary (bin/build-release). Both servers sync their
log. The load: 4 connections with 64 requests in flight each, 100-byte data. CPU is the server's own, user and system, from
/proc, which the load generator on the same cores does not blur. Apache is loaded for --warm seconds first: a cold JVM is three
times slower.
"""
import argparse, collections, os, select, shutil, signal, socket, struct, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLASSPATH = "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-nop.jar"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(op, body, xid=1):
    return struct.pack(">iii", 8 + len(body), xid, op) + body


def text(value):
    return struct.pack(">i", len(value)) + value


def create_body(path, data):
    return text(path) + text(data) + struct.pack(">i", 1) + struct.pack(">i", 31) + text(b"world") + text(b"anyone") + struct.pack(">i", 0)


class Client:
    def __init__(self, port, patience=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(struct.pack(">iiqiqi", 44, 0, 0, 40000, 0, 16) + bytes(16))
        self.read_frame()

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise OSError("closed")
            data += more
        return data

    def read_frame(self):
        return self.read(struct.unpack(">i", self.read(4))[0])

    def call(self, op, body):
        self.socket.sendall(request(op, body))
        return self.read_frame()


class Server:
    def __init__(self, name, binary=None):
        self.name, self.binary, self.process = name, binary, None
        self.directory = tempfile.mkdtemp(prefix="compare-" + name + "-")
        self.port = free_port()
        with open(self.directory + "/zoo.cfg", "w") as file:
            file.write("tickTime=2000\ndataDir=%s/data\nclientPort=%d\nmaxClientCnxns=0\nadmin.enableServer=false\n" % (self.directory, self.port))

    def start(self):
        """Starts it; returns the seconds until the first write was acknowledged."""
        command = [self.binary] if self.binary else ["java", "-Xmx2g", "-cp", CLASSPATH, "org.apache.zookeeper.server.quorum.QuorumPeerMain"]
        began = time.monotonic()
        self.process = subprocess.Popen(command + [self.directory + "/zoo.cfg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                # A JVM that is still starting accepts, and then says nothing to this connection for a long time.
                client = Client(self.port, patience=0.1)
                client.socket.settimeout(60)
                client.call(1, create_body(b"/first", b""))
                return time.monotonic() - began
            except OSError:
                if self.process.poll() is not None or time.monotonic() - began > 120:
                    raise SystemExit(self.name + " did not start")
                time.sleep(0.001)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def cpu(self):
        fields = open("/proc/%d/stat" % self.process.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        for line in open("/proc/%d/smaps_rollup" % self.process.pid):
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024

    def load(self, op, seconds, connections=4, window=64):
        """Throughput, CPU microseconds a request, and the latencies p50 and p99 in milliseconds."""
        body = text(b"/bench") + (text(b"d" * 100) + struct.pack(">i", -1) if op == 5 else b"\0")
        one, size = request(op, body), 88 if op == 5 else 192
        clients = [Client(self.port) for _ in range(connections)]
        by_file = {client.socket.fileno(): client for client in clients}
        latencies, done = [], 0
        for client in clients:
            client.left, client.sent = 0, collections.deque()
        cpu, began = self.cpu(), time.monotonic()
        for client in clients:
            client.sent.append([window, time.monotonic()])
            client.socket.sendall(one * window)
        while time.monotonic() - began < seconds:
            for number in select.select(list(by_file), [], [], 1)[0]:
                client = by_file[number]
                client.left += len(client.socket.recv(1 << 18))
                replies, client.left = divmod(client.left, size)
                if not replies:
                    continue
                now, left = time.monotonic(), replies
                while left:
                    burst = client.sent[0]
                    part = min(left, burst[0])
                    latencies.append((now - burst[1], part))
                    burst[0] -= part
                    left -= part
                    if not burst[0]:
                        client.sent.popleft()
                done += replies
                client.sent.append([replies, now])
                client.socket.sendall(one * replies)
        elapsed, cpu = time.monotonic() - began, self.cpu() - cpu
        for client in clients:
            client.socket.close()
        latencies.sort()

        def quantile(part):
            seen = 0
            for latency, count in latencies:
                seen += count
                if seen >= done * part:
                    return latency * 1000
        return {"per second": done / elapsed, "CPU us": cpu / done * 1e6, "p50 ms": quantile(0.5), "p99 ms": quantile(0.99)}

    def lone_set(self, count=400):
        """Milliseconds of a set with nothing else under way, p50."""
        client, times = Client(self.port), []
        for _ in range(count):
            began = time.monotonic()
            client.call(5, text(b"/bench") + text(b"d" * 100) + struct.pack(">i", -1))
            times.append(time.monotonic() - began)
        return sorted(times)[count // 2] * 1000

    def fill(self, count):
        """Creates `count` znodes of 100 bytes below 1,000 parents."""
        client = Client(self.port)
        data, batch, pending = b"d" * 100, [], 0
        for parent in range(1000):
            batch.append(request(1, create_body(b"/p%03d" % parent, b"")))
        for number in range(count):
            batch.append(request(1, create_body(b"/p%03d/node-%07d" % (number % 1000, number), data)))
        for start in range(0, len(batch), 500):
            part = batch[start:start + 500]
            client.socket.sendall(b"".join(part))
            for _ in part:
                client.read_frame()


def fdatasync():
    """Milliseconds the disk takes for a small synced append, p50."""
    with tempfile.NamedTemporaryFile() as file:
        os.posix_fallocate(file.fileno(), 0, 1 << 20)
        times = []
        for _ in range(400):
            os.write(file.fileno(), b"x" * 200)
            began = time.monotonic()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - began)
    return sorted(times)[200] * 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm", type=float, default=60)
    parser.add_argument("--million", action="store_true", help="also a million znodes: memory and restart time")
    arguments = parser.parse_args()
    binary = subprocess.check_output([ROOT + "/bin/build-release", "zkserver"], text=True).strip()
    ours, apache = Server("bundled", binary), Server("apache")
    rows = []

    def row(what, our, their, goal):
        rows.append((what, our, their, our / their, goal))

    try:
        boots = {ours: [], apache: []}
        for _ in range(3):
            for server in (ours, apache):
                boots[server].append(server.start())
                if len(boots[server]) < 3:
                    server.stop()
                    shutil.rmtree(server.directory + "/data")
        row("boot to first write, s", min(boots[ours]), min(boots[apache]), "<= 0.05")
        time.sleep(2)
        row("idle memory (PSS), MiB", ours.memory(), apache.memory(), "<= 0.17")
        for server in (ours, apache):
            Client(server.port).call(1, create_body(b"/bench", b"d" * 100))
        if arguments.warm:
            apache.load(5, arguments.warm / 2)
            apache.load(4, arguments.warm / 2)
        for name, op in (("set", 5), ("get", 4)):
            results = {ours: [], apache: []}
            for _ in range(arguments.rounds):
                for server in (ours, apache):
                    results[server].append(server.load(op, arguments.seconds))
            goals = {"per second": ">= 2", "CPU us": "<= 0.25", "p50 ms": "", "p99 ms": "<= 0.5"}
            for key, goal in goals.items():
                middle = [sorted(result[key] for result in results[server])[arguments.rounds // 2] for server in (ours, apache)]
                row(name + ", " + key, middle[0], middle[1], goal)
        row("a lone set, p50 ms", ours.lone_set(), apache.lone_set(), "")
        row("a lone set against the disk's fdatasync, ms", ours.lone_set(), fdatasync(), "<= 1.3")
        if arguments.million:
            for server in (ours, apache):
                server.fill(1_000_000)
                server.filled = server.memory()
                server.stop()
                server.restart = server.start()
                server.loaded = server.memory()
            row("a million znodes of 100 B, PSS after the load, MiB", ours.filled, apache.filled, "<= 0.25")
            row("a million znodes of 100 B, PSS after a restart, MiB", ours.loaded, apache.loaded, "<= 0.25")
            row("restart with a million znodes, s", ours.restart, apache.restart, "<= 0.1")
    finally:
        for server in (ours, apache):
            if server.process:
                server.stop()
            shutil.rmtree(server.directory, ignore_errors=True)
    print("%-52s %12s %12s %8s  %s" % ("", "bundled", "Apache", "ratio", "goal"))
    for what, our, their, ratio, goal in rows:
        print("%-52s %12.3f %12.3f %8.3f  %s" % (what, our, their, ratio, goal))


if __name__ == "__main__":
    main()

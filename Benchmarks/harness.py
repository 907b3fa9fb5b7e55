"""What the comparisons stand on: servers to start and stop, a minimal client, the load generator, and the tables of ratios."""
import contextlib, json, os, random, select, shutil, signal, socket, struct, subprocess, tempfile, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLASSPATH = "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-nop.jar"
TICKS = os.sysconf("SC_CLK_TCK")
ENGINES = ("bundled", "apache")
CREATE, EXISTS, GET, SET, PING, SESSION_CLOSE = 1, 3, 4, 5, 11, -11
# Below it are the znodes that loads name by number.
TREE = "/bench/tree"


def build(product):
    return subprocess.check_output([ROOT + "/bin/build-release", product], text=True).strip()


def free_ports(count):
    """Ports that nobody listens on, outside the range of outgoing connections: a client that knocks at a port of that range before
    the server is there may be given the very port for its own end, and is connected to itself."""
    ports = []
    while len(ports) < count:
        port = random.randrange(10000, 30000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            if port not in ports:
                ports.append(port)
    return ports


def text(value):
    return struct.pack(">i", len(value)) + value


def create_body(path, data=b"", flags=0):
    return text(path) + text(data) + struct.pack(">ii", 1, 31) + text(b"world") + text(b"anyone") + struct.pack(">i", flags)


def node(number):
    """The path of a znode that LoadGenerator made below TREE with 1000 directories."""
    return ("%s/d%03d/c00n%08d" % (TREE, number % 1000, number)).encode()


def set_body(path, data=b""):
    return text(path) + text(data) + struct.pack(">i", -1)


class Client:
    """One session. `patience` bounds every wait, in seconds; `timeout` is the session's, in milliseconds."""

    def __init__(self, port, patience=60, session=None, wait=True, timeout=30000):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number, password = session or (0, bytes(16))
        self.socket.sendall(struct.pack(">iiqiqi", 44, 0, 0, timeout, number, 16) + password)
        if wait:
            self.take_session()

    def take_session(self):
        answer = self.read_frame()
        self.session = struct.unpack(">q", answer[8:16])[0], answer[20:36]

    def fileno(self):
        return self.socket.fileno()

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

    def send(self, op, body=b"", xid=1):
        self.socket.sendall(struct.pack(">iii", 8 + len(body), xid, op) + body)

    def call(self, op, body=b""):
        """The reply's error code."""
        self.send(op, body)
        return struct.unpack(">i", self.read_frame()[12:16])[0]

    def close(self):
        self.socket.close()


def ask(port, word):
    """The answer to a four-letter word; empty when there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(word)
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    except OSError:
        return ""


class Server:
    """A server of one engine with its own directory. Everything it wrote goes with `forget`."""

    binary = None

    def __init__(self, engine, config="", number=None, heap="2g", port=None):
        self.engine, self.heap, self.process = engine, heap, None
        self.port = port or free_ports(1)[0]
        self.directory = tempfile.mkdtemp(prefix="compare-%s-" % engine)
        self.data = self.directory + "/data"
        with open(self.directory + "/zoo.cfg", "w") as file:
            file.write("tickTime=2000\ndataDir=%s\nclientPort=%d\nmaxClientCnxns=0\nadmin.enableServer=false\n" % (self.data, self.port))
            file.write("4lw.commands.whitelist=*\n" + config)
        os.mkdir(self.data)
        if number:
            with open(self.data + "/myid", "w") as file:
                file.write("%d\n" % number)

    def launch(self):
        command = [Server.binary] if self.engine == "bundled" else [
            "java", "-Xmx" + self.heap, "-cp", CLASSPATH, "org.apache.zookeeper.server.quorum.QuorumPeerMain"]
        # It dies with this process, whatever ends that.
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL"] + command + [self.directory + "/zoo.cfg"],
            stdout=open(self.directory + "/log", "a"), stderr=subprocess.STDOUT)

    def start(self):
        """Starts it; the seconds until the first write was acknowledged."""
        began = time.monotonic()
        self.launch()
        return first_write([self], began) - began

    def kill(self, by=signal.SIGKILL):
        if self.process:
            self.process.send_signal(by)
            self.process.wait()
            self.process = None

    def forget(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self):
        with open(self.directory + "/log", errors="replace") as file:
            return file.read()[-2000:]

    def cpu(self):
        """Seconds of user and system time."""
        fields = open("/proc/%d/stat" % self.process.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def disk(self):
        """MiB of its data directory."""
        size = 0
        for path, _, names in os.walk(self.data):
            for name in names:
                # It may be purged meanwhile.
                with contextlib.suppress(OSError):
                    size += os.path.getsize(os.path.join(path, name))
        return size / (1 << 20)

    def purge(self, keep=3):
        """Removes what Apache's PurgeTxnLog would: snapshots but the newest, and logs that end before the oldest of those."""
        directory = self.data + "/version-2"
        files = {kind: sorted((int(name.split(".")[1], 16), name) for name in os.listdir(directory) if name.startswith(kind + ".") and name.count(".") == 1)
                 for kind in ("snapshot", "log")}
        oldest = files["snapshot"][-keep:][0][0] if files["snapshot"] else 0
        # The last log that begins at or before it has what follows it.
        first = max((zxid for zxid, _ in files["log"] if zxid <= oldest), default=0)
        for zxid, name in files["snapshot"][:-keep] + [log for log in files["log"] if log[0] < first]:
            with contextlib.suppress(OSError):
                os.unlink(directory + "/" + name)

    def memory(self):
        """PSS in MiB."""
        for line in open("/proc/%d/smaps_rollup" % self.process.pid):
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024


def first_write(servers, began, path=b"/first"):
    """When a write was first acknowledged by any of the servers that are starting.

    An Apache server that is starting accepts connections, and those that come too early it never answers. A client that waits
    for an answer measures its own patience, and one that gives up soon never gets through a cold JVM. So: knock again and again,
    and give up no earlier try.
    """
    waiting, knocked = set(), dict.fromkeys(servers, 0)
    try:
        while True:
            for server in servers:
                if server.process.poll() is not None or time.monotonic() - began > 120:
                    raise SystemExit("%s did not start:\n%s" % (server.engine, server.log()))
                # Each knock costs the server a session, so they get rarer; the time is still good to a twentieth.
                if time.monotonic() - knocked[server] < (time.monotonic() - began) / 20:
                    continue
                with contextlib.suppress(OSError):
                    waiting.add(Client(server.port, wait=False))
                    knocked[server] = time.monotonic()
            time.sleep(0.001)
            for client in select.select(list(waiting), [], [], 0)[0]:
                try:
                    client.take_session()
                    client.call(CREATE, create_body(path))
                    now = time.monotonic()
                    client.call(SESSION_CLOSE)
                    return now
                except OSError:
                    waiting.remove(client)
                    client.close()
    finally:
        for client in waiting:
            client.close()


class Load:
    """Runs the load generator against servers."""

    generator = None

    def __init__(self, servers, connections=4, in_flight=256):
        self.servers, self.connections, self.window, self.creations = servers, connections, in_flight // connections, 0
        # Whose CPU is counted.
        self.measured = servers

    def fill(self, count, first=0):
        """Makes znodes of 100 B below TREE, the numbers `first` up to `count`."""
        if count > first:
            self.run("create", count=count - first, first=first, connections=1, window=256, root=TREE, directories=1000)

    def clear(self, directories):
        """Deletes what the last run has created below so many directories."""
        command = [Load.generator, "clear", "--ports", str(self.servers[0].port), "--root", "/bench/run-%d" % self.creations]
        subprocess.run(command + ["--directories", str(directories)], check=True)

    def run(self, operation, seconds=5, size=100, **options):
        """Throughput, latencies, and the servers' CPU microseconds an operation."""
        self.creations += 1
        settings = dict(connections=self.connections, window=self.window, seconds=seconds, size=size, root="/bench/run-%d" % self.creations)
        settings.update(options)
        command = [Load.generator, operation, "--ports"] + [str(server.port) for server in self.servers]
        for name, value in settings.items():
            command += ["--" + name, str(value)]
        before = sum(server.cpu() for server in self.measured)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        cpu = sum(server.cpu() for server in self.measured) - before
        if done.returncode:
            raise SystemExit("%s under load: %s" % (self.servers[0].engine, done.stdout))
        result = json.loads(done.stdout)
        result["CPU us"] = cpu / result["operations"] * 1e6
        return result


def median(values):
    return sorted(values)[len(values) // 2]


class Watcher(threading.Thread):
    """Looks at the memory and the disk of servers at regular times; `points` are (seconds, MiB of memory, MiB of disk), of the one
    that has most. Then it purges their disks, which ten minutes would fill."""

    def __init__(self, servers, every):
        super().__init__(daemon=True)
        self.servers, self.every, self.points, self.over = servers, every, [], threading.Event()
        self.start()

    def run(self):
        began = time.monotonic()
        while not self.over.wait(self.every):
            self.points.append((time.monotonic() - began, max(server.memory() for server in self.servers), max(server.disk() for server in self.servers)))
            for server in self.servers:
                server.purge()

    def stop(self):
        self.over.set()
        self.join()
        return self.points


class Report:
    def __init__(self):
        self.tables, self.pictures, self.failures = [], {}, []

    def table(self, title, words="", header=("", "bundled", "Apache 3.8", "ratio", "goal")):
        """A new section with a table; `words` stand above it."""
        print(title, flush=True)
        self.tables.append(Table(title, words, header))
        return self.tables[-1]

    def broke_off(self, why):
        """The part that was measured last ended without its other rows."""
        title = self.tables[-1].title if self.tables else "the first part"
        self.failures.append("%s: %s" % (title, why))
        print(self.failures[-1], flush=True)
        if self.tables:
            self.tables[-1].words = (self.tables[-1].words + " Broke off: %s." % why).strip()

    def markdown(self):
        return "".join(table.markdown() for table in self.tables)


class Table:
    """Figures of both engines and their ratio against a goal, as Markdown."""

    def __init__(self, title, words, header):
        self.title, self.words, self.header, self.rows = title, words, header, []

    def add(self, what, ours, theirs, goal=None, at_least=False, digits=2):
        """`goal` bounds the ratio: from above, or from below with `at_least`."""
        ratio = ours / theirs if theirs else float("nan")
        verdict = ""
        if goal is not None:
            met = ratio >= goal if at_least else ratio <= goal
            verdict = "%s %.3g: %s" % ("≥" if at_least else "≤", goal, "yes" if met else "**no**")
        shown = "%.3f" % ratio if theirs else "–"
        self.rows.append((what, number(ours, digits), "" if theirs is None else number(theirs, digits), shown, verdict))
        print("  " + ", ".join(self.rows[-1]), flush=True)

    def add_bound(self, what, ours, theirs, bound, digits=2):
        """A goal in the unit itself, not in the ratio."""
        self.add(what, ours, theirs, digits=digits)
        self.rows[-1] = self.rows[-1][:4] + ("≤ %g: %s" % (bound, "yes" if ours <= bound else "**no**"),)

    def add_load(self, what, ours, theirs, cpu=None, rate=None, p99=None, whose="of all servers"):
        """The rows of a load; the goals are for the ratios."""
        self.add("%s, CPU µs %s" % (what, whose), ours["CPU us"], theirs["CPU us"], cpu)
        self.add("%s, a second" % what, ours["per second"], theirs["per second"], rate, at_least=True)
        for part in ("p50", "p99", "p99.9"):
            self.add("%s, %s ms" % (what, part), ours[part + " ms"], theirs[part + " ms"], p99 if part == "p99" else None)

    def markdown(self):
        lines = ["", "### " + self.title, ""]
        if self.words:
            lines += [self.words, ""]
        lines += ["| " + " | ".join(self.header) + " |", "| --- | --: | --: | --: | --- |"]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows]) + "\n"


def medians(results):
    """Of each figure of several runs of one load."""
    return {key: median([result[key] for result in results]) for key in results[0] if key != "curve"}


def number(value, digits):
    return "%.0f" % value if value >= 1000 else "%.*f" % (digits, value)


def machine():
    """One line about where this runs."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    load = open("/proc/loadavg").read().split()[0]
    return "%s, %d cores of %s, Linux %s, load average %s" % (
        time.strftime("%Y-%m-%d %H:%M", time.gmtime()), os.cpu_count(), model, os.uname().release, load)


class Stopped(SystemExit):
    """The whole run is to end, not only a part of it."""


@contextlib.contextmanager
def deadline(seconds):
    """Ends the run with a message when it takes longer; SIGTERM ends it, too, cleanly."""
    def expired(*_):
        raise Stopped("gave up after %d seconds" % seconds)

    def terminated(*_):
        raise Stopped("terminated")
    signal.signal(signal.SIGALRM, expired)
    signal.signal(signal.SIGTERM, terminated)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)

"""Replays captured client conversations against two servers at once and compares every frame they send.

usage: replay.py APACHE_PORT OUR_PORT CONVERSATION.json…

Both servers must be fresh and alike, and must not expire sessions meanwhile: then even their zxids agree. What may differ is
left out of the comparison: times, session ids and passwords, and the order of children.

After each step every connection sends a ping. Replies keep the order of requests, so its answer says that all others are
there: nothing depends on how fast the servers are.
"""
import json, select, socket, struct, sys, time

PING = struct.pack(">iii", 8, -2, 11)
PATIENCE = 60
# Where this server answers otherwise on purpose: a check outside a multi is refused (Apache 3.8.0 never answers one that
# succeeds, and 3.8.5 refuses it, too), and so is SASL (Apache without SASL answers with a null token, and kazoo asks for ever).
DIFFERENT = {13, 102}

CHILDREN, CHILDREN2, EPHEMERALS, MULTI_READ = 8, 12, 103, 22


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.open = True
        self.ops = {}
        self.connected = False

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            self.open = False

    def receive(self, pongs):
        """The frames up to the given number of answers to pings, the last of which is left out."""
        frames = []
        while self.open and pongs > 0:
            if not select.select([self.socket], [], [], PATIENCE)[0]:
                raise SystemExit("no answer within %d s" % PATIENCE)
            try:
                data = self.socket.recv(1 << 20)
            except OSError:
                data = b""
            if not data:
                self.open = False
                break
            self.buffer += data
            while len(self.buffer) >= 4:
                length = struct.unpack(">i", self.buffer[:4])[0]
                if len(self.buffer) < 4 + length:
                    break
                frame = self.buffer[4:4 + length]
                self.buffer = self.buffer[4 + length:]
                frames.append(frame)
                if not self.connected:
                    self.connected = struct.unpack(">q", frame[8:16])[0] != 0
                    pongs -= 1 if self.connected else 0
                elif frame[:4] == PING[4:8] and len(frame) == 16:
                    pongs -= 1
        if self.open and self.connected and frames and frames[-1][:4] == PING[4:8]:
            frames.pop()
        return frames


class Side:
    """One server's part of a conversation."""

    def __init__(self, port):
        self.port = port
        self.connections = {}
        self.sessions = {}  # id in the capture -> (id, password) here

    def connection(self, number):
        if number not in self.connections:
            self.connections[number] = Connection(self.port)
        return self.connections[number]

    def translate(self, frame):
        for captured, (session, password, old_password) in self.sessions.items():
            frame = frame.replace(captured, session).replace(old_password, password)
        return frame

    def normal(self, connection, frame, captured):
        """A frame without what may differ."""
        if captured is not None and captured.get("what") == "ConnectResponse" and len(frame) >= 32:
            theirs = bytes.fromhex(captured["hex"])[4:]
            if theirs[8:16] != bytes(8):
                self.sessions[theirs[8:16]] = (frame[8:16], frame[20:36], theirs[20:36])
        elif len(frame) >= 16:
            xid, zxid, err = struct.unpack(">iqi", frame[:16])
            op = connection.ops.get(xid)
            if err == 0 and op == MULTI_READ:
                frame = bytes(sorted(without_times(frame)))
            elif err == 0 and op in (CHILDREN, CHILDREN2, EPHEMERALS):
                count, offset, names = struct.unpack(">i", frame[16:20])[0], 20, []
                for _ in range(count):
                    length = struct.unpack(">i", frame[offset:offset + 4])[0]
                    names.append(frame[offset:offset + 4 + length])
                    offset += 4 + length
                frame = frame[:20] + b"".join(sorted(names)) + frame[offset:]
        for number, (session, password, _) in enumerate(self.sessions.values()):
            frame = frame.replace(session, b"SESSION%d" % (number % 10)).replace(password, b"P" * 16)
        return without_times(frame)


def without_times(frame):
    now = int(time.time() * 1000)
    for offset in range(len(frame) - 7):
        value = struct.unpack(">q", frame[offset:offset + 8])[0]
        if abs(value - now) < 3600_000:
            frame = frame[:offset] + b"TIME-MS-" + frame[offset + 8:]
    return frame


def order(frames):
    """The client's frames of all connections in an order that explains the replies' zxids."""
    queues = {}
    for index, frame in enumerate(frames):
        if frame["dir"] == "c2s":
            replies = [f for f in frames[index + 1:] if f["conn"] == frame["conn"] and f["dir"] == "s2c"]
            xid = frame.get("fields", {}).get("xid")
            match = [f for f in replies if f.get("fields", {}).get("xid") == xid and f["what"] != "WatcherEvent"]
            zxid = match[0].get("fields", {}).get("zxid", 0) if match and xid is not None else None
            kind = frame.get("fields", {}).get("type", 0)
            is_write = kind in (1, 2, 5, 7, 14, 15, 16, 19, 21, -11)
            queues.setdefault(frame["conn"], []).append([zxid, 0 if is_write else 1, frame])
    for queue in queues.values():
        known = 0
        for entry in queue:
            if entry[0] is None or entry[0] <= 0:
                entry[0] = known
            known = entry[0]
    result = []
    while any(queues.values()):
        best = min((queue[0][0], queue[0][1], conn) for conn, queue in queues.items() if queue)
        result.append(queues[best[2]].pop(0)[2])
    return result


def replay(path, ports):
    conversation = json.load(open(path))
    frames = conversation["frames"]
    sides = [Side(port) for port in ports]
    problems = []
    for step, frame in enumerate(order(frames)):
        if "hex_abbreviated" in frame or not frame["hex"]:
            continue
        raw = bytes.fromhex(frame["hex"])
        fields = frame.get("fields", {})
        captured = next((f for f in frames if f["conn"] == frame["conn"] and f["dir"] == "s2c" and f.get("what") == "ConnectResponse"), None)
        answers = []
        own = frame["conn"]
        for side in sides:
            connection = side.connection(own)
            if "type" in fields and "xid" in fields:
                connection.ops[fields["xid"]] = fields["type"]
            was_connected = connection.connected
            connection.send(side.translate(raw))
            is_ping = fields.get("type") == 11 and "xid" in fields
            is_close = fields.get("type") == -11
            if was_connected and not is_close:
                connection.send(PING)
            got = connection.receive(1000 if is_close else 2 if is_ping else 1)
            heard = {own: [side.normal(connection, f, None if was_connected else captured) for f in got]}
            for number, other in sorted(side.connections.items()):
                if number != own and other.open and other.connected:
                    other.send(PING)
                    heard[number] = [side.normal(other, f, None) for f in other.receive(1)]
            # A connection that is about to be closed may answer the ping or not.
            heard[own] = [f for f in heard[own] if is_ping or f[:4] != PING[4:8]]
            heard = {number: got for number, got in heard.items() if got}
            answers.append(heard)
        if fields.get("type") in DIFFERENT and "xid" in fields:
            continue
        if answers[0] != answers[1]:
            problems.append("%s step %d, %s %s\n  apache: %s\n  ours:   %s" % (
                conversation["name"], step, frame.get("what"), fields,
                {k: [f.hex() for f in v] for k, v in answers[0].items()},
                {k: [f.hex() for f in v] for k, v in answers[1].items()}))
    for side in sides:
        for connection in side.connections.values():
            connection.socket.close()
    return problems


if __name__ == "__main__":
    ports = [int(sys.argv[1]), int(sys.argv[2])]
    failures = 0
    for path in sys.argv[3:]:
        problems = replay(path, ports)
        failures += len(problems)
        print(("FAIL " if problems else "ok   ") + path.split("/")[-1])
        for problem in problems:
            print(problem)
    sys.exit(1 if failures else 0)

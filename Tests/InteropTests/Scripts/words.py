"""Asks both servers every four-letter word and every admin command in the same situation, and compares all but the numbers.

usage: words.py APACHE_PORT APACHE_ADMIN OUR_PORT OUR_ADMIN
"""
import json, re, socket, sys, urllib.request
from kazoo.client import KazooClient

WORDS = "conf cons crst dirs dump envi gtmk hash isro mntr ruok srvr stat wchc wchp wchs srst nope".split()
COMMANDS = """configuration connections dirs dump environment get_trace_mask hash initial_configuration is_read_only last_snapshot
leader monitor observers ruok server_stats set_trace_mask set_trace_mask?traceMask=12 set_trace_mask?traceMask=x stats
voting_view watch_summary watches watches_by_path zabstate nosuch conf mntr lsnp obsr connection_stat_reset stat_reset
observer_connection_stat_reset""".split()


def situation(port):
    """Two sessions with ephemerals, watches and a quota, and enough writes for a digest to be kept."""
    clients = [KazooClient("127.0.0.1:%s" % port, timeout=600) for _ in range(2)]
    for client in clients:
        client.start(timeout=60)
    first, second = clients
    for path in ("/a", "/b", "/q"):
        first.create(path, b"x")
    first.create("/a/e", b"", ephemeral=True)
    second.create("/b/e", b"", ephemeral=True)
    quota = b"count=10,bytes=1000"
    first.create("/zookeeper/quota/q/zookeeper_limits", quota, makepath=True)
    first.create("/zookeeper/quota/q/zookeeper_stats", b"")
    for number in range(140):
        first.set("/q", b"%d" % number)
    fired = []
    first.get("/a", watch=fired.append)
    second.get_children("/a", watch=fired.append)
    second.exists("/new", watch=fired.append)
    first.create("/a/c", b"")
    first.set("/a", b"y")
    second.create("/new", b"")
    first.get("/b", watch=lambda event: None)
    second.get("/b", watch=lambda event: None)
    second.exists("/missing", watch=lambda event: None)
    first.delete("/a/c")
    return clients


def word(port, name):
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as connection:
        connection.sendall(name.encode())
        answer = b""
        while True:
            data = connection.recv(1 << 16)
            if not data:
                return answer.decode()
            answer += data


def shape(name, text):
    """A word's answer without what may differ: numbers, dates, addresses; sets in order."""
    text = re.sub(r"3\.8\.0\S*, built on \d{4}-\d\d-\d\d \d\d:\d\d UTC", "VERSION", text)
    text = re.sub(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}", "DATE", text)
    if name == "dump":
        # Buckets of time that hold nobody are Apache's own affair.
        text = re.sub(r"0 expire at DATE:\n", "", text)
    if name == "envi":
        return "\n".join(line.split("=")[0] for line in text.splitlines())
    if name == "mntr":
        lines = [line.split("\t") for line in text.splitlines()]
        return [line[0] for line in lines[:2]] + sorted("%s %s" % (key, kind(value)) for key, value in lines)
    text = re.sub(r"=/\S*", "=PATH", text)
    text = re.sub(r"0x[0-9a-f]+", "HEX", text)
    text = re.sub(r"-?\d+\.\d+(?=/)", "DECIMAL", text)
    text = re.sub(r"lop=\w+", "lop=OP", text)
    text = re.sub(r"-?\d+|(?<=[\n:])[0-9a-f]+(?=:)", "N", text)
    if name in ("cons", "stat", "dump", "wchc", "wchp"):
        return sorted(text.splitlines())
    return text


def kind(value):
    return "integer" if re.fullmatch(r"-?\d+", value) else "decimal" if re.fullmatch(r"-?\d+\.\d+", value) else "text"


def command(port, name):
    try:
        with urllib.request.urlopen("http://127.0.0.1:%s/commands/%s" % (port, name), timeout=60) as answer:
            return answer.status, answer.headers.get("Content-Type"), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Content-Type"), ""


def structure(name, value, key=""):
    """Names and kinds of a JSON value; names keep their order unless they are data."""
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        members = [(k, structure(name, v, k)) for k, v in value]
        # Java's beans have no order.
        if name in ("monitor", "mntr", "environment") or key == "server_stats":
            return sorted(members)
        if key in ("expiry_time_to_session_ids",):
            return "buckets"
        if key.startswith("session_id_to") or key.startswith("path_to"):
            return sorted((re.sub(r"^\d+$", "ID", k), v) for k, v in members)
        return members
    if isinstance(value, list):
        return sorted(repr(structure(name, v, key)) for v in value)
    if isinstance(value, str) and key not in ("command", "error", "server_state"):
        return "text"
    if key == "last_operation":
        return "text"
    return type(value).__name__ if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def asked(port, admin):
    clients = situation(port)
    words = {name: shape(name, word(port, name)) for name in WORDS}
    answers = {}
    for name in COMMANDS:
        status, kind_of, body = command(admin, name)
        parsed = json.loads(body, object_pairs_hook=list) if kind_of == "application/json" else body
        answers[name] = (status, kind_of, structure(name, parsed))
    with urllib.request.urlopen("http://127.0.0.1:%s/commands" % admin, timeout=60) as answer:
        answers["(list)"] = answer.read().decode()
    for client in clients:
        client.stop()
    return words, answers


def listed(value):
    return value if isinstance(value, list) else value[2] if isinstance(value, tuple) and isinstance(value[2], list) else None


apache, ours = asked(*sys.argv[1:3]), asked(*sys.argv[3:5])
for what in (0, 1):
    for name, theirs in apache[what].items():
        mine = ours[what][name]
        if theirs == mine:
            continue
        if listed(theirs) is not None and listed(mine) is not None:
            missing = [item for item in listed(theirs) if item not in listed(mine)]
            more = [item for item in listed(mine) if item not in listed(theirs)]
            print("%s: missing %s, too much %s%s" % (name, missing, more, "" if missing or more else ", in another order"))
        else:
            print("%s:\n  Apache's server: %r\n  ours: %r" % (name, theirs, mine))
print("done")

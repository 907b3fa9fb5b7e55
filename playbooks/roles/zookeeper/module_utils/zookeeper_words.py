# What the role's modules know of ZooKeeper servers, with nothing but Python: the four-letter words, whether a port can be reached, which files are data.
from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import socket
import time


def name_of_this_host():
    return socket.gethostname()


def has_data(names):
    """Whether files of these names in version-2 hold transactions. A server that was started and never saw the others leaves a snapshot of nothing."""
    return any(name.startswith("log.") or name.startswith("snapshot.") and name.split(".")[1] != "0" for name in names)


def place(server):
    host = server["host"]
    return "%s:%s" % ("[%s]" % host if ":" in host else host, server["port"])


def why(error):
    """In words, with the likely reason."""
    if isinstance(error, socket.timeout) or getattr(error, "errno", None) in (errno.ETIMEDOUT, errno.EAGAIN):
        return "no answer: a firewall drops it, or that host is off the network"
    if getattr(error, "errno", None) == errno.ECONNREFUSED:
        return "refused: nobody listens there"
    if isinstance(error, socket.gaierror):
        return "that name means nothing here"
    if getattr(error, "errno", None) in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return "there is no way to that host"
    return str(error)


def word(server, name, timeout):
    """The answer to a four-letter word; raises OSError."""
    connection = socket.create_connection((server["host"], int(server["port"])), timeout)
    try:
        connection.settimeout(timeout)
        connection.sendall(name.encode())
        answer = b""
        while len(answer) < 1 << 20:
            part = connection.recv(65536)
            if not part:
                break
            answer += part
        return answer.decode("utf-8", "replace")
    finally:
        connection.close()


def state(server, timeout):
    """What a server says of itself: role, zxid, version, and with a role the numbers of mntr; `problem` where it does not serve."""
    found = {"id": server.get("id"), "role": "down", "zxid": 0, "version": "", "problem": "", "mntr": {}}
    try:
        answer = word(server, "srvr", timeout)
        for line in answer.splitlines():
            key, _, value = line.partition(": ")
            if key == "Mode":
                found["role"] = value.strip()
            elif key == "Zxid":
                found["zxid"] = int(value, 16)
            elif key == "Zookeeper version":
                found["version"] = value.split("-")[0].split(",")[0].strip()
        if found["role"] == "down":
            found["problem"] = "it does not serve (%s)" % (answer.strip() or "it closed the connection").splitlines()[0][:200]
        else:
            for line in word(server, "mntr", timeout).splitlines():
                key, _, value = line.partition("\t")
                found["mntr"][key] = value
    except (OSError, socket.error) as error:
        found["role"], found["problem"] = "down", why(error)
    return found


def lacking(servers, states, is_ready):
    """What keeps these servers from serving, and where `is_ready` from being an ensemble that is whole: a sentence each."""
    found = []
    for server in servers:
        one = states[server["id"]]
        if one["role"] == "down":
            found.append("server %s (%s), seen from %s: %s" % (server["id"], place(server), name_of_this_host(), one["problem"]))
    if found or not is_ready or len(servers) == 1:
        return found
    leaders = [server for server in servers if states[server["id"]]["role"] == "leader"]
    if len(leaders) != 1:
        return ["%d servers lead: %s" % (len(leaders), ", ".join(str(server["id"]) for server in leaders) or "nobody")]
    leader = states[leaders[0]["id"]]
    for kind, key in (("participant", "zk_synced_followers"), ("observer", "zk_synced_observers")):
        wanted = len([server for server in servers if server.get("kind", "participant") == kind]) - (kind == "participant")
        has = leader["mntr"].get(key)
        # A server whose whitelist has no mntr does not say.
        if has is not None and int(float(has)) < wanted:
            found.append("the leader, server %s, counts %s of %d %ss besides itself as in step" % (leaders[0]["id"], has, wanted, kind))
    for server in servers:
        one = states[server["id"]]
        # An epoch without a txn yet shows the last of the epoch before on those who have followed, and its beginning on the leader.
        if one["zxid"] < leader["zxid"] and leader["zxid"] & 0xFFFFFFFF and one["zxid"] >> 32 < leader["zxid"] >> 32:
            found.append("server %s is at zxid 0x%x, the leader at 0x%x" % (server["id"], one["zxid"], leader["zxid"]))
    return found


def until(patience, interval, attempt):
    """Repeats `attempt`, which returns what is lacking, until nothing is or `patience` seconds are over."""
    deadline = time.time() + patience
    # A clock that is set meanwhile must not end the wait or keep it for ever.
    tries = 0
    while True:
        problems = attempt()
        tries += 1
        if not problems or time.time() > deadline or tries > patience / interval + 1:
            return problems
        time.sleep(interval)

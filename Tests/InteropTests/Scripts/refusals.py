"""Sends paths, ACLs, flags and cut-off requests that no client library would send to both servers, and compares the errors.

usage: refusals.py APACHE_PORT OUR_PORT
"""
CREATE, DELETE, EXISTS, GET_DATA, SET_DATA, GET_ACL, SET_ACL, GET_CHILDREN = 1, 2, 3, 4, 5, 6, 7, 8
SYNC, GET_CHILDREN2, CREATE2, CREATE_CONTAINER, CREATE_TTL, ADD_WATCH = 9, 12, 15, 19, 21, 106
GET_EPHEMERALS, COUNT_ALL, REMOVE_WATCHES, CHECK_WATCHES = 103, 104, 18, 17

PATHS = [
    None, "", "/", "//", "/a/", "/a//b", "a", "a/b", "/.", "/..", "/a/.", "/a/..", "/a/./b", "/a/../b", "/...", "/a.b", "/ ",
    "/a\0b", "/\x01", "/\x1f", "/\x7f", "/\x9f", "/\xa0", "/\ud7ff", "/\ue000", "/\uf8ff", "/\ufff0", "/\uffff", "/\U0001f600",
    "/zookeeper", "/zookeeper/config", "/zookeeper/quota", "/zookeeper/x", "/x/y/z", "/" + "n" * 1000, "/tab\there",
]
ACLS = [
    [], [(31, "world", "anyone")], [(31, "world", "nobody")], [(0, "world", "anyone")], [(31, "auth", "")], [(31, "auth", "x")],
    [(31, "digest", "a:b")], [(31, "digest", "a")], [(31, "digest", "a:b:c")], [(31, "digest", "a:")], [(31, "digest", ":b")],
    [(31, "digest", "")], [(31, "ip", "127.0.0.1")], [(31, "ip", "127.0.0.1/8")], [(31, "ip", "127.0.0.1/33")],
    [(31, "ip", "127.0.0.1/-1")], [(31, "ip", "256.0.0.1")], [(31, "ip", "1.2.3")], [(31, "ip", "host")], [(31, "ip", "::1")],
    [(31, "x509", "CN=a")], [(31, "sasl", "a")], [(31, "super", "a")], [(31, "nosuch", "a")], [(31, "", "")],
    [(31, "digest", "a:b"), (31, "digest", "a:b")], [(1, "world", "anyone"), (31, "nosuch", "a")], [(99, "world", "anyone")],
    [(31, "auth", None)], [(31, "world", None)],
]


def number(value):
    return struct.pack(">i", value)


def requests():
    for path in PATHS:
        yield "create", CREATE, create(path)
        yield "create sequential", CREATE, create(path, flags=2)
        yield "create2", CREATE2, create(path)
        yield "create container", CREATE_CONTAINER, create(path, flags=4)
        for op in (EXISTS, GET_DATA, GET_CHILDREN, GET_CHILDREN2):
            yield "read %d" % op, op, text(path) + b"\0"
        for op in (GET_ACL, SYNC, COUNT_ALL, GET_EPHEMERALS):
            yield "read %d" % op, op, text(path)
        yield "set", SET_DATA, text(path) + text(b"x") + number(7)
        yield "set ACL", SET_ACL, text(path) + acls(OPEN) + number(7)
        # What is no path Apache's server takes here and trips over later.
        if path and path[0] == "/":
            yield "watch", ADD_WATCH, text(path) + number(0)
            yield "check watch", CHECK_WATCHES, text(path) + number(3)
        if path is not None:
            yield "remove watch", REMOVE_WATCHES, text(path) + number(3)
        yield "delete, wrong version", DELETE, text(path) + number(99)
    for index, acl in enumerate(ACLS):
        yield "create with ACL %d" % index, CREATE, create("/acl%d" % index, acl=acl)
        yield "set ACL %d" % index, SET_ACL, text("/base") + acls(acl) + number(-1)
        yield "open again", SET_ACL, text("/base") + acls(OPEN) + number(-1)
    for flags in range(-1, 9):
        yield "flags %d" % flags, CREATE, create("/flags%d" % flags, flags=flags)
        yield "flags %d" % flags, CREATE2, create("/flags2%d" % flags, flags=flags)
        yield "flags %d" % flags, CREATE_CONTAINER, create("/flagsc%d" % flags, flags=flags)
    # A TTL of 0 or less with a plain flag is left out: Apache's server takes it and dies of it.
    for ttl in (1, 1000, 1 << 40, 1 << 50):
        yield "ttl %d" % ttl, CREATE_TTL, create("/ttl%d" % ttl, flags=5) + struct.pack(">q", ttl)
    for mode in (-1, 2, 3):
        yield "watch mode %d" % mode, ADD_WATCH, text("/base") + number(mode)
    for kind in (0, 4, 9):
        yield "watch type %d" % kind, REMOVE_WATCHES, text("/base") + number(kind)
    # Cut off at every byte; the frame's length says so, so it is a whole frame with half a request in it.
    for what, op, body in (
            ("create", CREATE, create("/cut", b"data")), ("set", SET_DATA, text("/base") + text(b"x") + number(-1)),
            ("delete", DELETE, text("/base") + number(-1)), ("get", GET_DATA, text("/base") + b"\0"),
            ("set ACL", SET_ACL, text("/base") + acls(OPEN) + number(-1)), ("sync", SYNC, text("/base"))):
        for length in range(len(body)):
            yield "%s cut at byte %d" % (what, length), op, body[:length]
    for what, body in (("negative", number(-2)), ("huge", number(0x7fffffff)), ("longer than the frame", number(100) + b"/a")):
        for op in (CREATE, GET_DATA, SET_DATA, DELETE):
            yield "%s length, op %d" % (what, op), op, body


def answer(wires, port, op, body):
    """The error of one server's answer. A server that closes the connection gets a new one."""
    got = wires[port].ask(op, body)
    if got is None:
        wires[port] = Wire(port)
        return "closed"
    return got[0]


ports = [int(sys.argv[1]), int(sys.argv[2])]
wires = {port: Wire(port) for port in ports}
for port in ports:
    assert wires[port].ask(CREATE, create("/base"))[0] == 0
count, different = 0, []
for what, op, body in requests():
    apache, ours = [answer(wires, port, op, body) for port in ports]
    count += 1
    if apache != ours:
        different.append("%s: Apache's server says %s, ours %s; %s" % (what, apache, ours, body[:80]))
print("%d requests, %d different\n%s" % (count, len(different), "\n".join(different)))

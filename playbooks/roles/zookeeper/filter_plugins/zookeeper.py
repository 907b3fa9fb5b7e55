# A zoo.cfg that its server has rewritten.
from __future__ import absolute_import, division, print_function

__metaclass__ = type

# What a server takes out of its zoo.cfg, or puts there, when the ensemble is reconfigured.
MOVED = ("server.", "group.", "weight.", "dynamicConfigFile", "peerType", "clientPort")


def settings(text):
    found = {}
    for line in text.splitlines():
        line = line.strip()
        if line and line[0] not in "#!" and "=" in line:
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip().replace("\\", "")
    return found


def overridden(text, overrides):
    """`text` with other values of some keys, and without those that are to be nothing."""
    lines, left = [], dict(overrides)
    for line in text.splitlines():
        key = line.partition("=")[0].strip()
        if key in overrides:
            value = left.pop(key, None)
            line = None if value in (None, "") else "%s=%s" % (key, value)
        if line is not None:
            lines.append(line)
    end = lines.index("") if "" in lines else len(lines)
    lines[end:end] = ["%s=%s" % (key, value) for key, value in sorted(left.items()) if value not in (None, "")]
    return "\n".join(lines) + "\n"


def zoo_cfg(wanted, on_host, reconfigured):
    """What the zoo.cfg of a host is to say.

    wanted: the generated text, with the members in it.
    on_host: the host's file; None where there is none.
    reconfigured: the generated text for a server that keeps its members in a file of its own, named @DYNAMIC@ in it.

    A server that was reconfigured keeps the members that the ensemble agreed on, and its file as it is while it means the same.
    """
    if not on_host:
        return wanted
    has = settings(on_host)
    dynamic = has.get("dynamicConfigFile", "")
    if ".dynamic." not in dynamic:
        return wanted
    new = reconfigured.replace("@DYNAMIC@", dynamic)

    def kept(values):
        return dict((key, value) for key, value in values.items() if not key.startswith(MOVED))

    return on_host if kept(has) == kept(settings(new)) else new


def server_of(variables):
    """A server of the inventory as the modules of the role take it."""
    return {
        "id": variables["zookeeper_id"],
        "host": variables["zookeeper_address"],
        "port": variables["zookeeper_client_port"],
        "kind": variables["zookeeper_kind"],
        "name": variables["inventory_hostname"],
        "election": variables["zookeeper_election_port"],
    }


def targets(servers):
    """The ports of servers that every other server of the ensemble must reach."""
    found = []
    for server in servers:
        for what, port in (("client port", server["port"]), ("election port", server["election"])):
            found.append({"what": "%s of server %s (%s)" % (what, server["id"], server["name"]), "host": server["host"], "port": port})
    return found


def reached(zxids):
    """The last transaction that a restarted server must have; the beginning of an epoch, 0 at its end, shows on no follower."""
    return max([zxid for zxid in zxids if zxid & 0xFFFFFFFF] or [0])


def client_address(server):
    return "%s:%s" % ("[%s]" % server["host"] if ":" in server["host"] else server["host"], server["port"])


class FilterModule(object):
    def filters(self):
        return {
            "zookeeper_zoo_cfg": zoo_cfg, "zookeeper_overridden": overridden, "zookeeper_server_of": server_of, "zookeeper_targets": targets, "zookeeper_reached": reached,
            "zookeeper_client_address": client_address,
        }

"""Prints every znode below / as one line of JSON each: path, data, Stat, ACL; sorted. usage: dump.py PORT"""
import json, sys
from kazoo.client import KazooClient

client = KazooClient("127.0.0.1:" + sys.argv[1], timeout=30, auth_data=[("digest", "super:secret")])
client.start(timeout=60)


def walk(path):
    data, stat = client.get(path)
    acl, _ = client.get_acls(path)
    if path != "/zookeeper/config":
        print(json.dumps([path, data.hex(), list(stat), [[a.perms, a.id.scheme, a.id.id] for a in acl]]))
    for child in sorted(client.get_children(path)):
        walk(path.rstrip("/") + "/" + child)


walk("/")
client.stop()

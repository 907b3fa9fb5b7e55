"""The other side of a Swift program: the registry of Dubbo for Python. usage: dubbo_registry.py CONNECT"""
import sys, threading, time
from dubbo.registry import NotifyListener
from dubbo.registry.zookeeper.kazoo_transport import KazooZookeeperTransport
from dubbo.registry.zookeeper.zk_registry import ZookeeperRegistry
from dubbo.url import create_url

SERVICE = "com.example.Greeter"


class Listener(NotifyListener):
    def __init__(self):
        self.urls = []
        self.changed = threading.Condition()

    def notify(self, urls):
        with self.changed:
            self.urls = urls
            self.changed.notify_all()

    def wait(self, what, condition):
        with self.changed:
            assert self.changed.wait_for(lambda: condition([u for u in self.urls if u.port == 20880]), 60), what
            ours = [u for u in self.urls if u.port == 20880]
        for url in ours:
            print(what, url.scheme, url.location, url.path, sorted(url.parameters.items()))
        if not ours:
            print(what)
        sys.stdout.flush()


registry = ZookeeperRegistry(create_url("zookeeper://" + sys.argv[1]), KazooZookeeperTransport())
url = create_url(f"tri://10.0.0.8:50051/{SERVICE}?application=python demo&interface={SERVICE}")
registry.register(url)
listener = Listener()
registry.subscribe(create_url(f"consumer://10.0.0.8/{SERVICE}?category=providers"), listener)
listener.wait("registered", lambda urls: len(urls) == 1)
listener.wait("changed", lambda urls: urls and urls[0].parameters.get("version") == "2.0")
listener.wait("gone", lambda urls: not urls)
registry.unregister(url)
registry.destroy()

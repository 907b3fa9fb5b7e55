"""What a test with ZooKeeper looks like. `pip install paddock-….whl pytest kazoo && pytest` runs it."""

from kazoo.client import KazooClient


def test_a_lock_survives_the_leader(zookeeper_ensemble):
    client = KazooClient(zookeeper_ensemble.connect_string)
    client.start()
    with client.Lock("/lock"):
        zookeeper_ensemble.kill("leader")
        zookeeper_ensemble.wait("healthy")
        assert len(client.retry(client.get_children, "/lock")) == 1
    client.stop()

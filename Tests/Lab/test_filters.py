"""What the role `zookeeper` decides without a host: its filters, and the sentences of its modules."""

import importlib.util
import pathlib

ROLE = pathlib.Path(__file__).resolve().parent.parent.parent / "playbooks/roles/zookeeper"


def load(path):
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, ROLE / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


filters = load("filter_plugins/zookeeper.py")
words = load("module_utils/zookeeper_words.py")

GENERATED = "# a\ntickTime=2000\nreconfigEnabled=true\ndataDir=/d\n\nserver.1=10.0.0.1:2888:3888:participant;10.0.0.1:2181\n"
STATIC = "# a\ntickTime=2000\nreconfigEnabled=true\ndataDir=/d\ndynamicConfigFile=@DYNAMIC@\n"
# As a server leaves it: the order of a hash table, and no comments.
REWRITTEN = "dataDir=/d\nreconfigEnabled=true\ntickTime=2000\ndynamicConfigFile=/c/zoo.cfg.dynamic.100000000\n"


def test_a_new_host_gets_what_was_generated():
    assert filters.zoo_cfg(GENERATED, None, STATIC) == GENERATED
    assert filters.zoo_cfg(GENERATED, "tickTime=1\n", STATIC) == GENERATED


def test_a_server_keeps_the_members_that_it_agreed_on():
    assert filters.zoo_cfg(GENERATED, REWRITTEN, STATIC) == REWRITTEN
    changed = filters.zoo_cfg(GENERATED, REWRITTEN, STATIC.replace("2000", "500"))
    assert "tickTime=500\n" in changed and "dynamicConfigFile=/c/zoo.cfg.dynamic.100000000\n" in changed and "server.1" not in changed


def test_what_a_server_escapes_means_the_same():
    secret = "DigestAuthenticationProvider.superDigest=super:a/b=\n"
    escaped = "DigestAuthenticationProvider.superDigest=super\\:a/b\\=\n"
    assert filters.zoo_cfg(GENERATED, REWRITTEN + escaped, STATIC + secret) == REWRITTEN + escaped


def test_overrides_replace_add_and_remove():
    assert filters.overridden(GENERATED, {}) == GENERATED
    text = filters.overridden(GENERATED, {"tickTime": "1", "portUnification": "true", "dataDir": None})
    assert text == "# a\ntickTime=1\nreconfigEnabled=true\nportUnification=true\n\nserver.1=10.0.0.1:2888:3888:participant;10.0.0.1:2181\n"


def test_the_beginning_of_an_epoch_is_no_transaction_to_wait_for():
    assert filters.reached([0x100000005, 0x200000000]) == 0x100000005
    assert filters.reached([]) == 0


SERVERS = [
    {"id": 1, "host": "10.0.0.1", "port": 2181, "kind": "participant"}, {"id": 2, "host": "10.0.0.2", "port": 2181, "kind": "participant"},
    {"id": 3, "host": "10.0.0.3", "port": 2181, "kind": "participant"}, {"id": 4, "host": "10.0.0.4", "port": 2181, "kind": "observer"},
]


def states(*roles, synced="2", observers="1", zxids=(9, 9, 9, 9)):
    found = {}
    for server, role, zxid in zip(SERVERS, roles, zxids):
        mntr = {"zk_synced_followers": synced, "zk_synced_observers": observers} if role == "leader" else {}
        found[server["id"]] = {"role": role, "zxid": zxid, "problem": "" if role != "down" else "refused: nobody listens there", "mntr": mntr}
    return found


def test_an_ensemble_is_ready_when_nothing_lacks():
    assert words.lacking(SERVERS, states("follower", "leader", "follower", "observer"), True) == []


def test_what_lacks_is_said():
    assert "server 3 (10.0.0.3:2181), seen from " in words.lacking(SERVERS, states("follower", "leader", "down", "observer"), True)[0]
    assert words.lacking(SERVERS, states("leader", "leader", "follower", "observer"), True) == ["2 servers lead: 1, 2"]
    assert words.lacking(SERVERS, states("follower", "follower", "follower", "observer"), True) == ["0 servers lead: nobody"]
    few = words.lacking(SERVERS, states("follower", "leader", "follower", "observer", synced="1"), True)
    assert few == ["the leader, server 2, counts 1 of 2 participants besides itself as in step"]
    assert words.lacking(SERVERS, states("follower", "leader", "follower", "observer", observers="0"), True) != []
    # Serving alone is less: nobody has to lead where only this is asked.
    assert words.lacking(SERVERS, states("follower", "follower", "follower", "observer"), False) == []


def test_an_answer_becomes_a_state(monkeypatch):
    answers = {"srvr": "Zookeeper version: 3.8.0-5a0, built on x\nMode: leader\nZxid: 0x1f\n", "mntr": "zk_synced_followers\t2\n"}
    monkeypatch.setattr(words, "word", lambda server, name, timeout: answers[name])
    state = words.state(SERVERS[0], 1)
    assert (state["role"], state["zxid"], state["version"], state["mntr"]) == ("leader", 31, "3.8.0", {"zk_synced_followers": "2"})
    answers["srvr"] = "This ZooKeeper instance is not currently serving requests\n"
    assert words.state(SERVERS[0], 1)["problem"] == "it does not serve (This ZooKeeper instance is not currently serving requests)"


def test_a_snapshot_of_nothing_is_no_data():
    assert not words.has_data([])
    assert not words.has_data(["snapshot.0", "acceptedEpoch", "currentEpoch"])
    assert not words.has_data(["snapshot.0.gz"])
    assert words.has_data(["snapshot.0", "log.100000001"])
    assert words.has_data(["snapshot.10000000a.snappy"])

"""The manifests of `paddock export kubernetes`, and the image of `bin/package oci`, run as a kubelet would run them, but for the cluster around: root
filesystem of the image, read-only, the user of the manifest, files of the ConfigMap under the names of its items, a name and an address of
its own for each pod, and the pod's name in its /etc/hosts. The others' names are in there, too, in the place of the cluster's DNS.
"""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))
from conftest import only, packages, succeed  # noqa: E402, F401


@pytest.fixture(scope="module")
def image(packages, tmp_path_factory):  # noqa: F811
    """The image's root filesystem."""
    place = tmp_path_factory.mktemp("image")
    place.chmod(0o755)
    with tarfile.open(only(packages, "*.oci.tar")) as archive:
        def read(descriptor):
            return archive.extractfile("blobs/" + descriptor["digest"].replace(":", "/")).read()

        (index,) = json.loads(archive.extractfile("index.json").read())["manifests"]
        (layer,) = json.loads(read(index))["layers"]
        (place / "layer.tar").write_bytes(gzip.decompress(read(layer)))
    root = place / "root"
    root.mkdir()
    succeed(["tar", "-C", root, "-xf", place / "layer.tar"])
    # What every container's engine makes where an image lacks it.
    for name in ("proc", "dev"):
        (root / name).mkdir(exist_ok=True)
    (root / "etc/hosts").touch()
    return root


class Cluster:
    """One network, in which every pod has an address."""

    def __init__(self, place, image, manifests):
        self.place, self.image = place, image
        documents = [one for path in manifests.glob("*.yaml") for one in yaml.safe_load_all(path.read_text())]
        (self.files,) = [one["data"] for one in documents if one["kind"] == "ConfigMap"]
        self.network = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.pods = {}
        for one in documents:
            if one["kind"] == "StatefulSet":
                for ordinal in range(one["spec"]["replicas"]):
                    name = f"{one['metadata']['name']}-{ordinal}"
                    self.pods[name] = Pod(self, name, f"10.244.0.{len(self.pods) + 1}", one)
        self.inside(["ip", "link", "set", "lo", "up"])
        for pod in self.pods.values():
            self.inside(["ip", "address", "add", f"{pod.address}/32", "dev", "lo"])

    def inside(self, words):
        deadline = time.monotonic() + 10
        # unshare makes the namespace a moment after it has started.
        while os.readlink(f"/proc/{self.network.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        succeed(["nsenter", f"--net=/proc/{self.network.pid}/ns/net", *words])

    def name_pods(self):
        """Who is where, in every pod's /etc/hosts; also of those that run."""
        for pod in self.pods.values():
            others = "".join(f"{other.address} {other.host}\n" for other in self.pods.values() if other is not pod)
            (pod.directory / "hosts").write_text(f"127.0.0.1 localhost\n{pod.address} {pod.host} {pod.name}\n{others}")

    def end(self):
        for pod in self.pods.values():
            pod.kill()
        self.network.kill()
        self.network.wait()


class Pod:
    def __init__(self, cluster, name, address, stateful_set):
        self.cluster, self.name, self.address = cluster, name, address
        spec = stateful_set["spec"]["template"]["spec"]
        (self.container,) = spec["containers"]
        self.user = spec["securityContext"]["runAsUser"]
        namespace = stateful_set["metadata"]["namespace"]
        self.host = f"{name}.{stateful_set['spec']['serviceName']}.{namespace}.svc.cluster.local"
        self.process = None
        self.directory = cluster.place / name
        # The volumes outlive the pod.
        self.make_volume()
        for item in next(volume for volume in spec["volumes"] if volume["name"] == "configuration")["configMap"]["items"]:
            path = self.directory / "configuration" / item["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(cluster.files[item["key"]])

    def empty(self):
        """Its volume is lost."""
        shutil.rmtree(self.directory / "data")
        self.make_volume()

    def make_volume(self):
        data = self.directory / "data"
        data.mkdir(parents=True)
        os.chown(data, self.user, self.user)
        # A container's engine makes the place of a file that is mounted.
        (data / "myid").touch()

    def start(self, words=None):
        self.cluster.name_pods()
        mounts = []
        for mount in self.container["volumeMounts"]:
            source = {"data": self.directory / "data"}.get(mount["name"])
            if mount["name"] == "configuration":
                source = self.directory / "configuration" / mount["subPathExpr"].replace("$(POD_NAME)", self.name)
            target = f"{self.root}{mount['mountPath']}"
            if source is None:
                mounts.append(f"mount -t tmpfs tmpfs {target}")
            else:
                mounts.append(f"mount --bind {source} {target}")
                if mount.get("readOnly"):
                    mounts.append(f"mount -o remount,bind,ro {target}")
        words = words or [*self.container["command"], *self.container["args"]]
        script = "\n".join([
            "set -e", f"hostname {self.name}", f"mkdir -p {self.root}", f"mount --bind {self.cluster.image} {self.root}",
            f"mount -t proc proc {self.root}/proc", f"mount --rbind /dev {self.root}/dev",
            f"mount --bind {self.directory}/hosts {self.root}/etc/hosts", f"mount -o remount,bind,ro {self.root}", *mounts,
            f'exec env -i HOME=/data PADDOCK_HOME=/data/paddock POD_NAME={self.name} ZOO_LOG_LEVEL=info /usr/sbin/chroot --userspec={self.user}:{self.user} {self.root} "$@"',
        ])
        self.log = open(self.directory / "log", "ab")
        self.process = subprocess.Popen(
            ["nsenter", f"--net=/proc/{self.cluster.network.pid}/ns/net", "unshare", "--mount", "--uts", "sh", "-c", script, "sh", *words],
            stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    @property
    def root(self):
        return self.directory / "root"

    def run(self, words):
        """A command in the container, as `kubectl exec` and the probes run them."""
        pid = self.process.pid
        return subprocess.run(
            ["nsenter", f"--target={pid}", "--mount", "--net", "--uts", "--root", "--wd", f"--setuid={self.user}", f"--setgid={self.user}", *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)

    def says(self, probe):
        return self.run(self.container[probe]["exec"]["command"]).returncode == 0

    def until(self, probe, patience=30):
        deadline = time.monotonic() + patience
        while not self.says(probe):
            assert time.monotonic() < deadline and self.process.poll() is None, (self.directory / "log").read_text()[-4000:]
            time.sleep(0.1)

    def zkcli(self, *words):
        done = self.run(["/usr/bin/zkcli", "-server", f"{self.host}:2181", *words])
        assert done.returncode == 0, done.stdout
        return done.stdout

    def mode(self):
        answer = self.run(["/usr/bin/paddock", "status", "--remote", f"{self.host}:2181", "--json"]).stdout
        # It shows the whole ensemble.
        return next(one["role"] for one in json.loads(answer)["servers"] if one["client"] == f"{self.host}:2181")

    def kill(self, by=signal.SIGKILL):
        if self.process:
            self.process.send_signal(by)
            self.process.wait(40)
            self.process = None
            self.log.close()


def test_pods_find_each_other_and_come_back_with_their_ids(image, tmp_path):
    tmp_path.chmod(0o755)
    topology = tmp_path / "demo.yaml"
    topology.write_text("ensemble: demo\nengine: bundled\nparticipants: 3\nobservers: 1\nsettings: {tickTime: 500}\n")
    succeed([image / "usr/bin/paddock", "export", "kubernetes", topology, "-o", tmp_path / "export"])
    cluster = Cluster(tmp_path / "pods", image, tmp_path / "export/manifests")
    try:
        first, second, third, observer = (cluster.pods[name] for name in ("demo-0", "demo-1", "demo-2", "demo-observer-0"))
        first.start()
        first.until("startupProbe")
        # No quorum: alive, and not ready, for as long as it takes.
        assert first.says("livenessProbe") and not first.says("readinessProbe")
        second.start()
        for pod in (first, second):
            pod.until("readinessProbe")
        third.start()
        observer.start()
        for pod in (third, observer):
            pod.until("readinessProbe")
        first.zkcli("create", "/kept", "text")
        modes = {pod.name: pod.mode() for pod in cluster.pods.values()}
        assert sorted(modes.values()) == ["follower", "follower", "leader", "observer"] and modes["demo-observer-0"] == "observer"

        leader = next(pod for pod in cluster.pods.values() if modes[pod.name] == "leader")
        leader.kill()
        others = [pod for pod in (first, second, third) if pod is not leader]
        for pod in others:
            pod.until("readinessProbe")
        # Another address under the same name, as a pod has that was moved.
        leader.address = "10.244.1.1"
        cluster.inside(["ip", "address", "add", "10.244.1.1/32", "dev", "lo"])
        leader.start()
        leader.until("readinessProbe")
        assert "text" in leader.zkcli("get", "/kept")
        assert (leader.directory / "configuration" / leader.name / "myid").read_text() == f"{int(leader.name[-1]) + 1}\n"

        # A backup out of a pod, and into empty volumes before their servers start.
        done = leader.run(["/usr/bin/paddock", "backup", "--config", "/conf/zoo.cfg", "-o", "/data/backup.tar"])
        assert done.returncode == 0, done.stdout
        backup = (leader.directory / "data/backup.tar").read_bytes()
        for pod in cluster.pods.values():
            pod.kill(signal.SIGTERM)
            pod.empty()
            (pod.directory / "data/backup.tar").write_bytes(backup)
            os.chown(pod.directory / "data/backup.tar", pod.user, pod.user)
            pod.start(["/usr/bin/paddock", "restore", "/data/backup.tar", "--config", "/conf/zoo.cfg"])
            assert pod.process.wait(30) == 0, (pod.directory / "log").read_text()[-4000:]
        for pod in cluster.pods.values():
            pod.start()
        for pod in cluster.pods.values():
            pod.until("readinessProbe")
            assert "text" in pod.zkcli("get", "/kept")

        # Two of three away: the last one is alive, and not ready; the pod is stopped as a kubelet does it.
        for pod in others:
            pod.kill(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while leader.says("readinessProbe"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert leader.says("livenessProbe")
    finally:
        cluster.end()

"""What is made, and that it is made the same way twice."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import threading

from conftest import ROOT, clean_environment, free_port, only, succeed


def contents(deb):
    return [line.split(maxsplit=5)[5] for line in succeed(["dpkg-deb", "--contents", deb]).splitlines()]


def test_the_deb_has_what_lintian_wants(packages):
    succeed(["lintian", "--fail-on", "error,warning", "--allow-root", only(packages, "*.deb")])


def test_the_deb_collides_with_none_of_the_packages_of_zookeeper(packages):
    ours = {line.split(" -> ")[0].lstrip(".") for line in contents(only(packages, "*.deb")) if not line.endswith("/")}
    theirs = set(succeed(["dpkg-query", "-L", "zookeeper", "libzookeeper-java"]).splitlines())
    assert "/usr/share/zookeeper/bin/zkServer.sh" in theirs and "/usr/share/paddock/bin/zkServer.sh" in ours
    assert not ours & theirs
    # Of zookeeper-bin.
    assert not ours & {f"/usr/bin/{name}" for name in ("cli_mt", "cli_st", "load_gen", "zktreeutil")}


class Image:
    """An OCI image layout in a tar archive; each blob is looked at through its digest."""

    def __init__(self, path):
        self.tar = tarfile.open(path)
        assert json.loads(self.read("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
        index = json.loads(self.read("index.json"))
        assert index["schemaVersion"] == 2
        (described,) = index["manifests"]
        self.manifest = json.loads(self.blob(described))
        self.configuration = json.loads(self.blob(self.manifest["config"]))

    def read(self, name):
        return self.tar.extractfile(name).read()

    def blob(self, descriptor):
        content = self.read("blobs/" + descriptor["digest"].replace(":", "/"))
        assert "sha256:" + hashlib.sha256(content).hexdigest() == descriptor["digest"] and len(content) == descriptor["size"]
        return content


def test_the_image_is_minimal_and_runs_as_nobody_special(packages, tmp_path):
    image = Image(only(packages, "*.oci.tar"))
    configuration = image.configuration["config"]
    assert configuration["User"] == "10001:10001" and image.configuration["os"] == "linux"
    layer = gzip.decompress(image.blob(image.manifest["layers"][0]))
    assert image.configuration["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()]
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        entries = {entry.name: entry for entry in tar}
        files = sorted(name for name, entry in entries.items() if not entry.isdir())
        programs = [name for name in files if name.startswith("usr/lib/paddock/")]
        assert files == sorted([
            "conf/zoo.cfg", "etc/group", "etc/nsswitch.conf", "etc/passwd", "usr/bin/paddock", "usr/bin/zkcli", "usr/bin/zkserver",
            "usr/share/doc/paddock/LICENSES", *programs])
        assert entries["data"].uid == entries["datalog"].uid == 10001 and entries["tmp"].mode == 0o1777
        assert all(not entry.mode & 0o6022 for name, entry in entries.items() if name != "tmp" and not entry.issym())
    # What the entry point does, from outside.
    (tmp_path / "layer.tar").write_bytes(layer)
    succeed(["tar", "--no-same-owner", "-C", tmp_path, "-xf", tmp_path / "layer.tar"])
    data = tmp_path / "data"
    configured = (tmp_path / "conf/zoo.cfg").read_text()
    mine = tmp_path / "mine.cfg"
    mine.write_text(configured.replace("/data", str(data)).replace("clientPort=2181", f"clientPort={free_port()}\nadmin.enableServer=false"))
    server = subprocess.Popen(
        [str(tmp_path) + configuration["Entrypoint"][0], mine], env=clean_environment(tmp_path), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    timer = threading.Timer(30, server.kill)
    timer.start()
    try:
        lines = []
        for line in server.stdout:
            lines.append(line)
            if "serving clients on " in line:
                break
        assert lines and "serving clients on " in lines[-1], "".join(lines)
    finally:
        timer.cancel()
        server.terminate()
        server.wait()


def test_two_runs_give_the_same_bytes(tmp_path):
    digests = []
    for number, (zone, locale) in enumerate((("UTC", "C.UTF-8"), ("Asia/Tokyo", "C"))):
        # git refuses to tell a stranger about the checkout.
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "TZ": zone, "LC_ALL": locale, "HOME": str(tmp_path / str(number))}
        directory = tmp_path / f"packages{number}"
        succeed([ROOT / "bin/package", "all", "-z", "1", "--programs", "paddock", "-o", directory], env=environment)
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir()})
    assert len(digests[0]) == 4 and digests[0] == digests[1]


def test_the_examples_of_the_documentation_are_those_that_run():
    text = (ROOT / "Docs/testing.md").read_text()
    python = (ROOT / "Examples/pytest/test_lock.py").read_text()
    java = (ROOT / "Examples/junit5/LeaderTest.java").read_text()
    assert "```python\n" + python[python.index("from kazoo") :].replace("\n\n\n", "\n\n") + "```" in text
    assert "```java\n" + java[java.index("@ZooKeeperEnsemble") :] + "```" in text

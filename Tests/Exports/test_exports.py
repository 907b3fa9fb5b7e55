"""What `paddock export` writes, as the tools see it that are to read it: Kubernetes' schemas, docker-compose, systemd, and `paddock generate`.

$PADDOCK_BINARY is the program.
"""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import jinja2
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PADDOCK = os.environ["PADDOCK_BINARY"]

TLS = """
ports: {secure: 2281, metrics: 7000}
settings:
  sslQuorum: true
  ssl.quorum.keyStore.location: /etc/zookeeper/tls/server.pem
  ssl.quorum.trustStore.location: /etc/zookeeper/tls/ca.pem
  ssl.keyStore.location: /etc/zookeeper/tls/server.pem
  ssl.trustStore.location: /etc/zookeeper/ca/ca.pem
  ssl.keyStore.password: "a b: c # 'd' \\"e\\""
  serverCnxnFactory: org.apache.zookeeper.server.NettyServerCnxnFactory
"""
APACHE = "engine: {apache: {heap: 512m, jvmFlags: [-XX:+UseG1GC, -Dx=100%], environment: {TZ: Europe/Berlin, NOTE: '100% \"$it\" ö'}}}\n"
TOPOLOGIES = {
    **{path.stem: path.read_text() for path in sorted((ROOT / "templates/examples").glob("*.yaml"))},
    # Names that YAML would read as something else.
    "on": "ensemble: on\nparticipants: 3\nobservers: 2\n",
    "two": "ensemble: two\nengine: apache\nparticipants: 3\nobservers: 2\nlogLevel: debug\n",
    "tls": "ensemble: tls\nengine: bundled\nparticipants: 3\n" + TLS,
    "apache-tls": "ensemble: apache-tls\n" + APACHE + "participants: 5\nobservers: 1\n" + TLS,
    "logs": "ensemble: logs\nengine: bundled\nservers: [{id: 1, settings: {dataLogDir: /fast/1}}, {id: 2, settings: {dataLogDir: /fast/2}}, {id: 3, settings: {dataLogDir: /fast/3}}]\n",
    "alone": "ensemble: alone\n" + APACHE + "participants: 1\nsettings: {jute.maxbuffer: 4194304}\n",
}
OBSERVED = [pytest.param(name, id=name) for name in TOPOLOGIES]


def paddock(*words, code=0):
    done = subprocess.run([PADDOCK, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def exports(tmp_path_factory):
    """A directory for each topology and target."""
    place = tmp_path_factory.mktemp("exports")
    for name, text in TOPOLOGIES.items():
        (place / f"{name}.yaml").write_text(text)
        for target in ("systemd", "compose", "kubernetes"):
            paddock("export", target, place / f"{name}.yaml", "-o", place / target / name)
    return place


def generated(topology, place, *options):
    """zoo.cfg of each server, by its id, as `generate` writes it."""
    paddock("generate", topology, "-o", place, *options)
    return {path.parts[-3][7:]: path.read_text() for path in place.glob("server.*/conf/zoo.cfg")}


def options_of(directory):
    """Those with which `generate` writes the same, as the exported topology says them."""
    return re.search(r"`paddock generate topology.yaml -o DIR ([^`]*)`", (directory / "topology.yaml").read_text()).group(1).split()


def manifests(directory):
    return [document for path in sorted((directory / "manifests").glob("*.yaml")) for document in yaml.safe_load_all(path.read_text())]


@pytest.mark.parametrize("name", OBSERVED)
def test_kubernetes_takes_the_manifests(exports, name):
    for document in manifests(exports / "kubernetes" / name):
        for version in ("1.27", "1.37"):
            kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("name", OBSERVED)
def test_the_manifests_fit_each_other(exports, tmp_path, name):
    """What a schema does not see: names that refer to others, labels, and what each pod finds under its name."""
    directory = exports / "kubernetes" / name
    documents = manifests(directory)
    (files,) = [one for one in documents if one["kind"] in ("ConfigMap", "Secret")]
    services = {one["metadata"]["name"]: one for one in documents if one["kind"] == "Service"}
    budgets = {one["metadata"]["name"]: one for one in documents if one["kind"] == "PodDisruptionBudget"}
    sets = [one for one in documents if one["kind"] == "StatefulSet"]
    expected = generated(directory / "topology.yaml", tmp_path / "generated", *options_of(directory))
    seen = {}
    for one in sets:
        set_name, pod = one["metadata"]["name"], one["spec"]["template"]
        spec, (container,) = pod["spec"], pod["spec"]["containers"]
        labels = pod["metadata"]["labels"]
        assert one["spec"]["podManagementPolicy"] == "Parallel"
        assert all(isinstance(value, str) for value in labels.values())
        for selector in (one["spec"]["selector"], budgets[set_name]["spec"]["selector"]):
            assert selector["matchLabels"].items() <= labels.items()
        headless = services[one["spec"]["serviceName"]]
        assert headless["spec"]["clusterIP"] == "None" and headless["spec"]["publishNotReadyAddresses"] is True
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for service in services.values():
            assert service["spec"]["selector"].items() <= labels.items()
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports.keys()
        mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
        claims = {claim["metadata"]["name"] for claim in one["spec"]["volumeClaimTemplates"]}
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        assert {mount["name"] for mount in mounts.values()} == volumes.keys() | claims
        assert mounts["/conf"]["subPathExpr"] == "$(POD_NAME)" and mounts["/data/myid"]["subPathExpr"] == "$(POD_NAME)/myid"
        assert container["env"][0] == {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
        volume = volumes["configuration"]
        source = volume.get("configMap") or volume["secret"]
        assert (source.get("name") or source["secretName"]) == files["metadata"]["name"]
        at = {item["path"]: (files.get("data") or files["stringData"])[item["key"]] for item in source["items"]}
        for ordinal in range(one["spec"]["replicas"]):
            pod_name = f"{set_name}-{ordinal}"
            text, server = at[f"{pod_name}/zoo.cfg"], at[f"{pod_name}/myid"].strip()
            seen[server] = text
            if "-observer" not in set_name:
                assert int(server) == ordinal + 1
            # It listens at the name that the kubelet writes into its /etc/hosts, and at the ports that the pod says.
            host = f"{pod_name}.{one['spec']['serviceName']}.{one['metadata']['namespace']}.svc.cluster.local"
            for line in re.findall(rf"^server\.{server}=(.*)$", text, re.M):
                assert line.startswith(f"{host}:{ports['quorum']}:{ports['election']}")
            data = dict(re.findall(r"^([A-Za-z.]+)=(.*)$", text, re.M))
            assert {data["dataDir"], data.get("dataLogDir", "/data")} <= mounts.keys()
            for key, value in data.items():
                if key.endswith("Store.location"):
                    assert os.path.dirname(value) in mounts
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            words = " ".join(container[probe]["exec"]["command"])
            assert ("srvr" in words or "--probe ready" in words) == (probe == "readinessProbe")
    assert seen == expected


@pytest.mark.parametrize("name", OBSERVED)
def test_zoo_cfg_of_compose_is_what_generate_writes(exports, tmp_path, name):
    directory = exports / "compose" / name
    expected = generated(directory / "topology.yaml", tmp_path / "generated", *options_of(directory))
    assert {path.parts[-3][7:]: path.read_text() for path in directory.glob("server.*/conf/zoo.cfg")} == expected
    for server in expected:
        assert (directory / f"server.{server}/myid").read_text() == server + "\n"


def test_compose_takes_the_projects(exports):
    """All of them by the code that is behind `docker-compose config`, and one by the command: it takes a second to start."""
    script = """
import json, sys
from compose.config import config
from compose.config.environment import Environment
projects = [config.load(config.find(directory, ["compose.yaml"], Environment())) for directory in sys.argv[1:]]
print(json.dumps([[[one["name"], one["hostname"]] for one in project.services] for project in projects]))
"""
    directories = [exports / "compose" / name for name in TOPOLOGIES]
    done = subprocess.run(["/usr/bin/python3", "-c", script, *directories], stdout=subprocess.PIPE, timeout=60, check=True)
    for directory, services in zip(directories, json.loads(done.stdout)):
        assert all(service == host for service, host in services)
        ids = {path.parent.name[7:] for path in directory.glob("server.*/myid")}
        assert {service.rpartition("-")[2] for service, _ in services} == ids
    done = subprocess.run(
        ["docker-compose", "config"], cwd=exports / "compose/apache-tls", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    server = yaml.safe_load(done.stdout)["services"]["apache-tls-1"]
    # `config` prints a file for Compose again, so a $ is doubled.
    assert server["environment"]["NOTE"] == '100% "$$it" ö'
    assert server["healthcheck"]["test"][3].endswith("(leader|follower|observer|standalone)$$' <&3")


@pytest.mark.parametrize("name", OBSERVED)
def test_systemd_takes_the_units(exports, tmp_path, name):
    units = sorted((exports / "systemd" / name).glob("*/etc/systemd/system/*.service"))
    assert units
    for unit in units:
        # The programs are not on this machine.
        text = re.sub(r"/opt/paddock/bin/\S+|/usr/bin/java", "/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / unit.name for unit in units)], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout == ""


def role_unit(variables):
    """The unit that the role `zookeeper` writes, with its defaults, from what `paddock inventory` says of a server."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "playbooks/roles/zookeeper/templates"), trim_blocks=True, keep_trailing_newline=True)
    environment.filters.update(to_json=json.dumps, quote=shlex.quote)
    role = {}
    for file in ("defaults", "vars"):
        role.update(yaml.safe_load((ROOT / f"playbooks/roles/zookeeper/{file}/main.yml").read_text()))
    directory, data = variables["zookeeper_directory"], variables["zookeeper_data_directory"]
    directories = [data, variables.get("zookeeper_data_log_directory") or data]
    home = variables.get("zookeeper_home")
    jars = ":".join(f"/usr/share/java/{name}.jar" for name in role["zookeeper_debian_names"])
    values = {
        **{key: value for key, value in role.items() if isinstance(value, str) and "{{" not in value}, **variables,
        "zookeeper_heap": variables.get("zookeeper_heap") or role["zookeeper_heap"],
        "zookeeper_server": "zkserver-tls" if variables["zookeeper_tls"] else "zkserver",
        "zookeeper_has_logback": bool(home), "zookeeper_logging": "logback.xml" if home else "log4j.properties",
        "zookeeper_class_path": f"{home}/*:{home}/lib/*" if home else jars,
        "zookeeper_paths": [path for path in dict.fromkeys(directories) if not path.startswith(directory + "/")],
    }
    return environment.get_template("server.service.j2").render(values)


@pytest.mark.parametrize("name", OBSERVED)
def test_hosts_get_what_the_playbooks_would_write(exports, tmp_path, name):
    topology = exports / f"{name}.yaml"
    directory = exports / "systemd" / name
    inventory = json.loads(paddock("inventory", topology, "--json", "--quiet"))
    ensemble = inventory["ensemble"]["vars"]["zookeeper_ensemble"]
    expected = generated(topology, tmp_path / "generated", "--prefix", "/var/lib/paddock/{ensemble}")
    for variables in inventory["_meta"]["hostvars"].values():
        variables["zookeeper_ensemble"] = ensemble
        host, server = directory / variables["zookeeper_address"], variables["zookeeper_id"]
        place = host / variables["zookeeper_directory"].lstrip("/")
        assert (place / "conf/zoo.cfg").read_text() == variables["zookeeper_zoo_cfg"] == expected[str(server)]
        assert (place / "data/myid").read_text() == f"{server}\n"
        assert (place / "conf/revision").exists()
        unit = (host / f"etc/systemd/system/paddock-{ensemble}-{server}.service").read_text()
        # The first line says who wrote it.
        assert unit.split("\n", 1)[1] == role_unit(variables).split("\n", 1)[1]
        for file in (place / "conf").glob("log*"):
            written = jinja2.Template((ROOT / f"playbooks/roles/zookeeper/templates/{file.name}.j2").read_text(), keep_trailing_newline=True)
            without_comment = re.compile(r"\A.*\n")
            assert without_comment.sub("", file.read_text()) == without_comment.sub("", written.render())


def test_a_second_run_changes_nothing(exports):
    for target in ("systemd", "compose", "kubernetes"):
        words = ["export", target, exports / "orders.yaml", "-o", exports / target / "orders"]
        assert "created" not in paddock(*words) and paddock(*words, "--diff", "--quiet") == ""
    words = ["export", "kubernetes", exports / "orders.yaml", "-o", exports / "kubernetes/orders", "--namespace", "other"]
    assert "+  namespace: \"other\"\n" in paddock(*words, "--diff", code=2)
    changes = json.loads(paddock(*words, "--dry-run", "--json", "--quiet"))
    assert changes["written"] is False and {one["change"] for one in changes["files"]} <= {"changed", "unchanged"}

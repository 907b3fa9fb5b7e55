"""Throw-away ensembles."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, List, Mapping, Optional, Type, Union

from paddock._programs import PaddockError, call, cannot_run, program

# It says who it is and then waits for the end of its input, which comes with the end of this process, however that ends.
# Then paddock stops and removes the ensemble.
_HOLD = 'printf "%s\\n%s\\n" "$PADDOCK_ENSEMBLE" "$ZOOKEEPER_CONNECT"; exec cat >/dev/null'
_PORTS_ARE_TAKEN = 75


@dataclass(frozen=True)
class Server:
    """A server as it was when it was asked."""

    id: int
    role: str
    """``leader``, ``follower``, ``observer``, ``standalone``, or ``looking`` and its like on the way there."""
    state: str
    """``running``, ``paused``, ``stopped``, ``starting``, ``failed``."""
    address: str
    """``HOST:PORT`` for clients."""
    pid: Optional[int]
    zxid: Optional[int]
    """The last transaction that it has, as a number."""
    restarts: int
    directory: str
    """Its files: ``conf`` and ``data``."""


_Which = Union[int, str, Server]


class Ensemble:
    """A ZooKeeper ensemble on free ports of this machine, for as long as the ``with`` block lasts.

    It is gone with its data when the block is left, and also when this process is killed.

    :param participants: servers that vote. One alone is a standalone server.
    :param observers: servers that serve reads and have no vote.
    :param settings: keys of zoo.cfg, e.g. ``{"tickTime": 200}``.
    :param topology: a topology, as YAML or the path of a file, instead of the three above. Its name and its ports are
        replaced.
    :param timeout: seconds that the start and each command may take.
    """

    def __init__(
        self, participants: int = 3, observers: int = 0, *, settings: Optional[Mapping[str, Any]] = None,
        topology: Union[str, "os.PathLike[str]", None] = None, timeout: float = 60,
    ) -> None:
        if topology is None:
            lines: Dict[str, Any] = {"ensemble": "test", "participants": participants}
            if observers:
                lines["observers"] = observers
            if settings:
                lines["settings"] = {key: _setting(value) for key, value in settings.items()}
            # JSON is YAML.
            self._topology = json.dumps(lines)
        elif isinstance(topology, str) and ("\n" in topology or ":" in topology):
            self._topology = topology
        else:
            self._topology = Path(topology).read_text(encoding="utf-8")
        self._timeout = timeout
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self._directory = ""
        self._name = ""
        self._connect_string = ""

    # MARK: its life

    def start(self) -> "Ensemble":
        """Boots it and waits until it is ready. ``with`` does it, too."""
        if self._process:
            raise PaddockError("this ensemble runs already")
        # Two that look for free ports at the same time may find the same ones.
        for attempt in range(3):
            try:
                return self._start()
            except PaddockError as error:
                if error.exit_code != _PORTS_ARE_TAKEN or attempt == 2:
                    raise
        raise AssertionError

    def _start(self) -> "Ensemble":
        path = program("paddock")
        self._directory = tempfile.mkdtemp(prefix="paddock-")
        file = os.path.join(self._directory, "topology.yaml")
        Path(file).write_text(self._topology, encoding="utf-8")
        errors = open(os.path.join(self._directory, "errors"), "w+b")
        try:
            process = subprocess.Popen(
                [path, "run", file, "--quiet", "--", "sh", "-c", _HOLD], env=self._environment(),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                # What is typed at the terminal is for the tests, which end it in their turn.
                start_new_session=True,
            )
        except OSError as error:
            self._remove()
            raise cannot_run(path, error) from None
        finally:
            errors.close()
        self._process = process
        assert process.stdout
        timer = threading.Timer(self._timeout, process.terminate)
        timer.start()
        try:
            told = [process.stdout.readline().decode().rstrip("\n") for _ in range(2)]
        except BaseException:
            self.stop()
            raise
        finally:
            timer.cancel()
        if not told[1]:
            status = process.wait()
            message = Path(self._directory, "errors").read_text(encoding="utf-8", errors="replace").strip()
            self.stop()
            raise PaddockError(f"the ensemble does not start: {message or f'exit code {status}'}", status)
        self._name, self._connect_string = told
        return self

    def stop(self) -> None:
        """Stops it and removes its data. Does nothing when it does not run."""
        process, self._process = self._process, None
        if process:
            assert process.stdin and process.stdout
            process.stdin.close()
            try:
                process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> "Ensemble":
        return self.start()

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Ensemble {self._connect_string or 'not running'}>"

    # MARK: what it is

    @property
    def connect_string(self) -> str:
        """``HOST:PORT`` of each server, with commas: what clients take."""
        self._need()
        return self._connect_string

    @property
    def name(self) -> str:
        """What ``paddock list`` calls it."""
        self._need()
        return self._name

    @property
    def directory(self) -> str:
        """The state directory, for ``paddock --state-dir``."""
        self._need()
        return self._directory

    def status(self) -> Dict[str, Any]:
        """The document of ``paddock status --json``."""
        return self._call("status")

    @property
    def servers(self) -> List[Server]:
        """Every server, by id, as it is now."""
        return [_server(entry) for entry in self.status()["servers"]]

    def server(self, id: int) -> Server:
        """One server, as it is now."""
        for server in self.servers:
            if server.id == id:
                return server
        raise PaddockError(f"there is no server {id}")

    @property
    def leader(self) -> Optional[Server]:
        """Who leads now; nobody during an election. A standalone server leads."""
        status = self.status()
        return next((_server(entry) for entry in status["servers"] if entry["id"] == status["leader"]), None)

    def logs(self, *servers: _Which, lines: int = 200) -> str:
        """The last lines of the servers' logs (of all without a name), in the order of time."""
        self._need()
        words = ["logs", *map(_word, servers), "--lines", str(lines), "--ensemble", self._name]
        done = subprocess.run(
            [program("paddock"), *words], env=self._environment(), timeout=self._timeout,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        return done.stdout.decode(errors="replace")

    # MARK: what is done to it

    # Servers are named by id, by `leader`, `followers`, `observers`, `all`, or by a Server.

    def kill(self, *servers: _Which, force: bool = False) -> None:
        """Kills them with SIGKILL, as a crash would; they are started again at once.

        :param force: also when no quorum would be left, which is refused otherwise.
        """
        self._act("kill", servers, force)

    def pause(self, *servers: _Which, force: bool = False) -> None:
        """Stops their processes with SIGSTOP: they keep their connections and say nothing more."""
        self._act("pause", servers, force)

    def resume(self, *servers: _Which) -> None:
        """Lets paused servers go on, and returns when they serve."""
        self._act("resume", servers, False)

    def stop_servers(self, *servers: _Which, force: bool = False) -> None:
        """Stops them in an orderly way. They stay down until :meth:`start_servers`."""
        self._act("stop", servers, force)

    def start_servers(self, *servers: _Which) -> None:
        """Starts what was stopped, and returns when they serve."""
        self._act("start", servers, False)

    def restart(self, *servers: _Which, force: bool = False) -> None:
        """Stops and starts them, and returns when they serve."""
        self._act("restart", servers, force)

    def rolling_restart(self) -> Dict[str, Any]:
        """Restarts every server, one after the other, the leader last. Returns the report of
        ``paddock rolling-restart --json``."""
        return self._call("rolling-restart")

    def wait(self, condition: str = "healthy", timeout: Optional[float] = None) -> None:
        """Waits until it is ``healthy``, or has a ``quorum``.

        :raises PaddockError: when that takes longer than ``timeout`` seconds.
        """
        limit = self._timeout if timeout is None else timeout
        self._need()
        words = ["wait", "--for", condition, "--timeout", f"{max(0, round(limit * 1000))}ms", "--ensemble", self._name]
        status = call(words, self._environment(), limit + self._timeout)
        if status.get("health") != "healthy" and (condition != "quorum" or status.get("leader") is None):
            raise PaddockError(f"not {condition} after {limit:g} s: " + "; ".join(map(str, status.get("problems", []))))

    def shell(self, *words: str) -> str:
        """Runs a command of ZooKeeper's shell, e.g. ``shell("create", "/a", "text")``, and returns what it prints.

        :raises PaddockError: when the command fails.
        """
        self._need()
        path = program("zkcli")
        try:
            done = subprocess.run(
                [path, "-server", self._connect_string, *words], env=self._environment(), timeout=self._timeout,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise cannot_run(path, error) from None
        if done.returncode:
            raise PaddockError(done.stderr.decode(errors="replace").strip(), done.returncode)
        return done.stdout.decode(errors="replace")

    def _act(self, action: str, servers: Any, force: bool) -> None:
        if not servers:
            raise TypeError(f"{action}: which servers? An id, or 'leader', 'followers', 'observers', 'all'")
        self._call(action, *map(_word, servers), *(["--force"] if force else []))

    def _call(self, *words: str) -> Dict[str, Any]:
        self._need()
        return call([*words, "--ensemble", self._name], self._environment(), self._timeout)

    def _need(self) -> None:
        if not self._process:
            raise PaddockError("this ensemble does not run")

    def _environment(self) -> Dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if key != "PADDOCK_ENSEMBLE"}
        return {**environment, "PADDOCK_HOME": self._directory, "NO_COLOR": "1"}


def _server(entry: Mapping[str, Any]) -> Server:
    zxid = entry.get("zxid")
    return Server(
        id=entry["id"], role=entry["role"], state=entry["state"], address=entry["client"], pid=entry.get("pid"),
        zxid=int(zxid, 16) if zxid else None, restarts=entry["restarts"], directory=entry["directory"],
    )


def _word(which: _Which) -> str:
    return str(which.id if isinstance(which, Server) else which)


def _setting(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value

"""pytest's fixtures for ZooKeeper. They are there as soon as the package is installed.

=========================== ============ ===================================================================
fixture                     scope        what it is
=========================== ============ ===================================================================
``zookeeper``               a test       a chroot of its own on one server, which all tests share
``zookeeper_fresh``         a test       a server of its own: a standalone :class:`paddock.Ensemble`
``zookeeper_ensemble``      a test       an :class:`paddock.Ensemble` of its own, to be broken
``zookeeper_server``        the session  the server of ``zookeeper``
``zookeeper_shared``        the session  an ensemble of three that all tests share, not to be broken
=========================== ============ ===================================================================

``@pytest.mark.zookeeper(participants=5, observers=1, settings={"tickTime": 200})`` says what the ensembles of a test are
like. With pytest-xdist each worker has its own. When a test fails, the last lines of its servers' logs are shown.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Generator, Iterator, Optional

import pytest

from paddock._ensemble import Ensemble
from paddock._programs import PaddockError

_LOG_LINES = 40


@dataclass(frozen=True)
class ZooKeeper:
    """A znode of a server that is the root for one test."""

    ensemble: Ensemble
    chroot: str

    @property
    def connect_string(self) -> str:
        """What clients take, with the chroot: they see nothing of other tests."""
        return self.ensemble.connect_string + self.chroot

    def __str__(self) -> str:
        return self.connect_string


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "zookeeper(participants=3, observers=0, settings=None, topology=None): "
        "the ensemble that zookeeper_ensemble (or zookeeper_fresh) boots for a test",
    )


def _wishes(request: pytest.FixtureRequest, **usual: Any) -> Ensemble:
    mark = request.node.get_closest_marker("zookeeper")
    return Ensemble(**{**usual, **(mark.kwargs if mark else {})})


@pytest.fixture(scope="session")
def zookeeper_server() -> Iterator[Ensemble]:
    """One server for all tests of this process."""
    with Ensemble(participants=1) as ensemble:
        yield ensemble


@pytest.fixture(scope="session")
def zookeeper_shared() -> Iterator[Ensemble]:
    """An ensemble of three for all tests of this process. Who breaks something takes ``zookeeper_ensemble``."""
    with Ensemble(participants=3) as ensemble:
        yield ensemble


_chroots = itertools.count(1)


@pytest.fixture
def zookeeper(zookeeper_server: Ensemble) -> ZooKeeper:
    """A chroot of its own on the session's server; ``zookeeper.connect_string`` is for the client."""
    chroot = f"/test-{next(_chroots)}"
    zookeeper_server.shell("create", chroot, "")
    return ZooKeeper(zookeeper_server, chroot)


@pytest.fixture
def zookeeper_fresh(request: pytest.FixtureRequest) -> Iterator[Ensemble]:
    """A server of its own."""
    with _wishes(request, participants=1) as ensemble:
        yield ensemble


@pytest.fixture
def zookeeper_ensemble(request: pytest.FixtureRequest) -> Iterator[Ensemble]:
    """An ensemble of its own: three participants, or what the mark ``zookeeper`` says."""
    with _wishes(request, participants=3) as ensemble:
        yield ensemble


def _ensemble(value: object) -> Optional[Ensemble]:
    return value.ensemble if isinstance(value, ZooKeeper) else value if isinstance(value, Ensemble) else None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Shows what the servers of a failed test have logged."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    ensembles = {_ensemble(value) for value in getattr(item, "funcargs", {}).values()} - {None}
    for ensemble in ensembles:
        try:
            text = ensemble.logs(lines=_LOG_LINES)
        except (PaddockError, OSError) as error:
            text = str(error)
        report.sections.append((f"ZooKeeper {ensemble.connect_string}", text))

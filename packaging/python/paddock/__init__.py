"""ZooKeeper ensembles for programs and tests.

    with paddock.Ensemble(participants=3) as ensemble:
        client = KazooClient(ensemble.connect_string)
        ensemble.kill("leader")

The programs ``paddock``, ``zkserver`` and ``zkcli`` come with this package. With pytest the fixtures of
:mod:`paddock.pytest_plugin` are there by themselves.
"""

from paddock._ensemble import Ensemble, Server
from paddock._programs import PaddockError, program

__all__ = ["Ensemble", "PaddockError", "Server", "program"]

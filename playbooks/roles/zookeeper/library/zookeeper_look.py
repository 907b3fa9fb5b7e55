#!/usr/bin/python
# What is on the host of a server already, in one look.
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: zookeeper_look
short_description: Look at the files of a ZooKeeper server
description:
  - Reads what a deployment has to know of a host before it writes. Changes nothing; what is missing is null.
options:
  directory:
    description: The server's directory, with C(conf) in it.
    type: path
    required: true
  data:
    description: Its dataDir, and its dataLogDir if that is another one.
    type: list
    elements: path
    required: true
  files:
    description: Files whose checksums are wanted, where they are there.
    type: list
    elements: path
    default: []
  package:
    description: A package of Debian's, whose version is wanted.
    type: str
author: Paddock
"""

EXAMPLES = r"""
- name: Look at server 1
  zookeeper_look:
    directory: /var/lib/paddock/orders/server.1
    data: [/var/lib/paddock/orders/server.1/data]
"""

RETURN = r"""
myid:
  description: What C(myid) says.
  returned: always
  type: str
zoo_cfg:
  description: What C(conf/zoo.cfg) says.
  returned: always
  type: str
has_data:
  description: Whether there is a log, or a snapshot of more than an empty tree.
  returned: always
  type: bool
identity:
  description: The checksums of the files, and the version of the package.
  returned: always
  type: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.zookeeper_words import has_data


def text(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except (OSError, IOError):
        return None


def main():
    module = AnsibleModule(
        argument_spec=dict(
            directory=dict(type="path", required=True),
            data=dict(type="list", elements="path", required=True),
            files=dict(type="list", elements="path", default=[]),
            package=dict(type="str"),
        ),
        supports_check_mode=True,
    )
    data = module.params["data"]
    names = []
    for directory in data:
        try:
            names += os.listdir(os.path.join(directory, "version-2"))
        except (OSError, IOError):
            pass
    identity = " ".join(module.sha1(path) for path in module.params["files"] if os.path.exists(path))
    if module.params["package"]:
        code, out, dummy = module.run_command(["dpkg-query", "-W", "-f", "${Version}", module.params["package"]])
        identity += " " + out if code == 0 else ""
    module.exit_json(
        changed=False,
        myid=text(os.path.join(data[0], "myid")),
        zoo_cfg=text(os.path.join(module.params["directory"], "conf", "zoo.cfg")),
        has_data=has_data(names),
        identity=identity,
    )


if __name__ == "__main__":
    main()

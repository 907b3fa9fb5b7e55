#!/usr/bin/python
# What ZooKeeper servers say of themselves, asked from the host of this task.
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: zookeeper_ask
short_description: Ask ZooKeeper servers for their role and wait until they serve
description:
  - Asks C(srvr) and C(mntr) at the client ports, from the host of the task. Changes nothing.
options:
  servers:
    description: The servers, each with C(id), C(host), C(port) and, for C(require=ready), C(kind).
    type: list
    elements: dict
    required: true
  require:
    description: C(nothing), every server C(serving), or all of them C(ready) as one ensemble.
    type: str
    choices: [nothing, serving, ready]
    default: nothing
  zxid:
    description: The transaction that every server must have reached.
    type: int
    default: 0
  patience:
    description: Seconds to wait for it.
    type: int
    default: 0
author: Paddock
"""

EXAMPLES = r"""
- name: Wait until server 1 serves
  zookeeper_ask:
    servers: [{id: 1, host: 10.0.0.1, port: 2181}]
    require: serving
    patience: 60
"""

RETURN = r"""
states:
  description: By id, C(role), C(zxid), C(version), C(problem) and C(mntr).
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.zookeeper_words import lacking, state, until


def main():
    module = AnsibleModule(
        argument_spec=dict(
            servers=dict(type="list", elements="dict", required=True),
            require=dict(type="str", choices=["nothing", "serving", "ready"], default="nothing"),
            zxid=dict(type="int", default=0),
            patience=dict(type="int", default=0),
        ),
        supports_check_mode=True,
    )
    servers, require, zxid = module.params["servers"], module.params["require"], module.params["zxid"]
    states = {}

    def attempt():
        for server in servers:
            states[server["id"]] = state(server, 3)
        if require == "nothing":
            return []
        problems = lacking(servers, states, require == "ready")
        for server in servers:
            one = states[server["id"]]
            if one["role"] != "down" and one["zxid"] < zxid:
                problems.append("server %s is at zxid 0x%x, and 0x%x was acknowledged" % (server["id"], one["zxid"], zxid))
        return problems

    problems = until(module.params["patience"], 0.3, attempt)
    shown = dict((str(key), value) for key, value in states.items())
    if problems:
        module.fail_json(msg="; ".join(problems), states=shown)
    module.exit_json(changed=False, states=shown)


if __name__ == "__main__":
    main()

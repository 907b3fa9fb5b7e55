#!/usr/bin/python
# Whether names and ports of an ensemble mean on this host what the topology means by them.
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: zookeeper_reach
short_description: See that this host has room, and that ports of other servers can be reached from it
description:
  - Connects to each port, and says from where to where one cannot be reached. Changes nothing.
options:
  own:
    description: The address by which the others reach the server of this host; it must not be one of the loopback.
    type: str
  directories:
    description: What shall be written to, whether it is there already or not.
    type: list
    elements: str
    default: []
  room:
    description: MiB that must be free on the disks of these directories.
    type: int
    default: 0
  targets:
    description: What is to be reached, each with C(what), C(host) and C(port).
    type: list
    elements: dict
    default: []
  patience:
    description: Seconds to try.
    type: int
    default: 0
author: Paddock
"""

EXAMPLES = r"""
- name: See that server 2 can be reached
  zookeeper_reach:
    targets: [{what: election port of server 2, host: 10.0.0.2, port: 3888}]
    patience: 10
"""

RETURN = r"""
time:
  description: The host's clock, in seconds since 1970.
  returned: always
  type: int
"""

import os
import socket
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.zookeeper_words import name_of_this_host, place, until, why


def own_problem(address):
    here = name_of_this_host()
    try:
        found = sorted(set(info[4][0] for info in socket.getaddrinfo(address, None)))
    except socket.gaierror as error:
        return "%s, the address of this host's server, means nothing on %s itself (%s)" % (address, here, error)
    loopback = [one for one in found if one.startswith("127.") or one == "::1"]
    if loopback:
        return (
            "%s, the address of this host's server, is %s on %s itself, so the others could not reach it. Debian's installer writes "
            "such a line: take it out of /etc/hosts, or write the host's address in the topology" % (address, loopback[0], here)
        )
    return None


def room_problem(directory, room):
    disk = directory
    while not os.path.isdir(disk):
        disk = os.path.dirname(disk)
    found = os.statvfs(disk)
    free = found.f_bavail * found.f_frsize >> 20
    if free < room:
        return "the disk of %s on %s has %d MiB left, and %d are wanted (zookeeper_room)" % (directory, name_of_this_host(), free, room)
    return None


def main():
    module = AnsibleModule(
        argument_spec=dict(
            own=dict(type="str"),
            directories=dict(type="list", elements="str", default=[]),
            room=dict(type="int", default=0),
            targets=dict(type="list", elements="dict", default=[]),
            patience=dict(type="int", default=0),
        ),
        supports_check_mode=True,
    )
    own = own_problem(module.params["own"]) if module.params["own"] else None
    if own:
        module.fail_json(msg=own)
    for directory in module.params["directories"]:
        full = room_problem(os.path.abspath(directory), module.params["room"])
        if full:
            module.fail_json(msg=full)
    open_targets = set()

    def attempt():
        problems = []
        for target in module.params["targets"]:
            if place(target) in open_targets:
                continue
            try:
                socket.create_connection((target["host"], int(target["port"])), 3).close()
                open_targets.add(place(target))
            except (OSError, socket.error) as error:
                problems.append(
                    "%s cannot reach the %s at %s: %s" % (name_of_this_host(), target["what"], place(target), why(error)))
        return problems

    problems = until(module.params["patience"], 0.5, attempt)
    if problems:
        module.fail_json(msg="; ".join(problems))
    module.exit_json(changed=False, time=int(time.time()))


if __name__ == "__main__":
    main()

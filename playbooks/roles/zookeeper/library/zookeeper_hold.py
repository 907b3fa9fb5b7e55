#!/usr/bin/python
# One operator at a time.
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: zookeeper_hold
short_description: Hold an ensemble against other operators
description:
  - Writes on the host who changes the ensemble; refuses while somebody else does, or did within the last hour and has not ended well.
options:
  path:
    description: The file that says who holds it; on a file system that does not outlive a reboot.
    type: path
    required: true
  holder:
    description: Who holds it, as USER@HOST PID.
    type: str
    required: true
  state:
    description: Whether to hold it or to let go.
    type: str
    choices: [held, free]
    default: held
  dead:
    description: A holder that is known to have ended.
    type: str
  take_over:
    description: Take it from whoever holds it.
    type: bool
    default: false
author: Paddock
"""

EXAMPLES = r"""
- name: Hold the ensemble
  zookeeper_hold:
    path: /run/paddock-orders.held
    holder: me@here 4711
"""

RETURN = r"""
holder:
  description: Who holds it, where that is somebody else.
  returned: always
  type: str
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule


def main():
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type="path", required=True),
            holder=dict(type="str", required=True),
            state=dict(type="str", choices=["held", "free"], default="held"),
            dead=dict(type="str"),
            take_over=dict(type="bool", default=False),
        ),
        supports_check_mode=True,
    )
    path, holder = module.params["path"], module.params["holder"]

    def current():
        try:
            with open(path) as file:
                return file.read().strip(), time.time() - os.stat(path).st_mtime
        except (OSError, IOError):
            return None, 0

    other, age = current()
    if other == holder:
        other = None
    if module.params["state"] == "free":
        if other is None and os.path.exists(path) and not module.check_mode:
            os.unlink(path)
        module.exit_json(changed=False, holder=other or "")
    if other is not None and (module.params["take_over"] or other == module.params["dead"] or age > 3600):
        if not module.check_mode:
            os.unlink(path)
        other = None
    if other is None and not module.check_mode:
        try:
            # Two at once: one of them makes the file.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            os.write(descriptor, (holder + "\n").encode())
            os.close(descriptor)
        except (OSError, IOError):
            other, age = current()
            if other == holder:
                other = None
    module.exit_json(changed=False, holder=other or "")


if __name__ == "__main__":
    main()

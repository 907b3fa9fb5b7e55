#!/bin/sh
# The topology $PADDOCK_TOPOLOGY as an inventory: ansible-playbook -i playbooks/inventory.sh …
# $PADDOCK_INVENTORY_OPTIONS are more options of `paddock inventory`, such as --data-dir /data/{ensemble}/{id}.
here=$(dirname "$(readlink -f "$0")")
# The package's program, where README.md has it unpacked, needs no build.
unpacked=$here/../.build-release/programs/lib/paddock/paddock
[ -x "$unpacked" ] || unpacked=$here/../bin/paddock
# shellcheck disable=SC2086
exec "${PADDOCK:-$unpacked}" inventory "${PADDOCK_TOPOLOGY:?is not set: export PADDOCK_TOPOLOGY=/path/to/orders.yaml}" \
    ${PADDOCK_INVENTORY_OPTIONS:-} "$@"

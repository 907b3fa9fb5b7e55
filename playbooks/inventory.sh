#!/bin/sh
# The topology $PADDOCK_TOPOLOGY as an inventory: ansible-playbook -i playbooks/inventory.sh …
# $PADDOCK_INVENTORY_OPTIONS are more options of `paddock inventory`, such as --data-dir /data/{ensemble}/{id}.
here=$(dirname "$(readlink -f "$0")")
# shellcheck disable=SC2086
exec "${PADDOCK:-$here/../bin/paddock}" inventory "${PADDOCK_TOPOLOGY:?is not set: export PADDOCK_TOPOLOGY=/path/to/orders.yaml}" \
    ${PADDOCK_INVENTORY_OPTIONS:-} "$@"

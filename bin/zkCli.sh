#!/usr/bin/env bash
# Drop-in for ZooKeeper's own zkCli.sh, without a JVM: the same options, commands, words and exit codes.
# usage: zkCli.sh [-server HOST:PORT,…[/CHROOT]] [-timeout MS] [-r] [-waitforconnection] [-client-configuration FILE] [COMMAND…]
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
binary=$("$root/bin/build-release" zkcli)
exec "$binary" "$@"

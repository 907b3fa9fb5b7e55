#!/usr/bin/env bash
# Drop-in for ZooKeeper's own zkCli.sh, without a JVM: the same options, commands, words and exit codes.
# usage: zkCli.sh [-server HOST:PORT,…[/CHROOT]] [-timeout MS] [-r] [-waitforconnection] [-client-configuration FILE] [COMMAND…]
#
# CLIENT_JVMFLAGS and JVMFLAGS are honoured as far as they mean something to a client without a JVM (zkCli.sh --help), also from
# zookeeper-env.sh and java.env in ZOOCFGDIR.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# shellcheck source=bin/zk-environment.sh
. "$root/bin/zk-environment.sh"
[ -z "${CLIENT_JVMFLAGS:-}" ] || export CLIENT_JVMFLAGS
[ -z "${JVMFLAGS:-}" ] || export JVMFLAGS

set -euo pipefail
binary=$("$root/bin/build-release" zkcli)
exec "$binary" "$@"

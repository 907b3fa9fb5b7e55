#!/usr/bin/env bash
# Drop-in for ZooKeeper's own zkCli.sh, without a JVM: the same options, commands, words and exit codes.
# usage: zkCli.sh [-server HOST:PORT,…[/CHROOT]] [-timeout MS] [-r] [-waitforconnection] [-client-configuration FILE] [COMMAND…]
#
# CLIENT_JVMFLAGS and JVMFLAGS are honoured as far as they mean something to a client without a JVM (zkCli.sh --help), also from
# zookeeper-env.sh and java.env in ZOOCFGDIR. -Dzookeeper.client.secure=true there, or in the file of -client-configuration, is TLS.

self=${BASH_SOURCE[0]}
[ ! -L "$self" ] || self=$(readlink -f "$self")
case $self in */*) ;; *) self=./$self ;; esac
root=$(CDPATH='' cd -P "${self%/*}/.." && pwd)
# shellcheck source=bin/zk-environment.sh
. "$root/bin/zk-environment.sh"
[ -z "${CLIENT_JVMFLAGS:-}" ] || export CLIENT_JVMFLAGS
[ -z "${JVMFLAGS:-}" ] || export JVMFLAGS

set -euo pipefail

# Whether the flags or the file of -client-configuration ask for TLS. Only then the program that has it is built.
wants_tls() {
    local word previous='' secure='zookeeper\.client\.secure[[:space:]]*[=:[:space:]][[:space:]]*[Tt][Rr][Uu][Ee]([[:space:]]|$)'
    ! grep -Eq -- "(^|[[:space:]])-D$secure" <<<"${CLIENT_JVMFLAGS:-} ${JVMFLAGS:-}" || return 0
    for word in "$@"; do
        [ "$previous" != -client-configuration ] || ! grep -Eqs "^[[:space:]]*$secure" "$word" || return 0
        previous=$word
    done
    return 1
}

if wants_tls "$@"; then name=zkcli-tls; else name=zkcli; fi
[ -z "$is_checkout" ] || are_current "$name" || "$root/bin/build-release" "$name" >/dev/null
find_program "$name"
exec "$binary" "$@"

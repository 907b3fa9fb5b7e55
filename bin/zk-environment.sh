# Sourced by zkCli.sh and zkServer.sh, with the directory above theirs in $root: finds the programs and ZOOCFGDIR, as Apache's zkEnv.sh does, and
# reads zookeeper-env.sh and java.env there.
# shellcheck shell=bash

# A checkout builds its programs, a package, whose share/paddock is $root, has them.
# shellcheck disable=SC2154
if [ -x "$root/bin/build-release" ]; then
    is_checkout=1
    # shellcheck source=bin/products.sh
    . "$root/bin/products.sh"
    default_logs=$root/logs
else
    is_checkout=
    release=$(readlink -m "$root/../../lib/paddock")
    # Of a package nobody but its owner may write beside the programs.
    default_logs=${XDG_STATE_HOME:-${HOME:-/}/.local/state}/paddock/logs
fi

# Sets binary to where the program $1 is; in a checkout it is built when it is not there, with progress on standard error.
find_program() {
    binary=$release/$1
    if [ -x "$binary" ]; then return 0; fi
    if [ -n "$is_checkout" ]; then
        "$root/bin/build-release" "$1" >/dev/null
    else
        echo "paddock: there is no $binary: this package was made without it" >&2
        return 69
    fi
}

if [ -z "${ZOOCFGDIR:-}" ]; then
    if [ -d "$root/conf" ]; then ZOOCFGDIR=$root/conf; else ZOOCFGDIR=/etc/zookeeper/conf; fi
fi
for file in zookeeper-env.sh java.env; do
    # shellcheck source=/dev/null
    [ ! -f "$ZOOCFGDIR/$file" ] || . "$ZOOCFGDIR/$file"
done

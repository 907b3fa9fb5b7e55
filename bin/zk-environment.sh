# Sourced by zkCli.sh and zkServer.sh, with the directory above theirs in $root: finds the programs and ZOOCFGDIR, as Apache's zkEnv.sh does, and
# reads zookeeper-env.sh and java.env there.
# shellcheck shell=bash

# Prints where the program $1 is. A checkout builds it on first use, with progress on standard error; a package, whose share/paddock is
# $root, has it.
program() {
    # shellcheck disable=SC2154
    if [ -x "$root/bin/build-release" ]; then
        "$root/bin/build-release" "$1"
    else
        local path
        path=$(readlink -m "$root/../../lib/paddock/$1")
        if [ ! -x "$path" ]; then
            echo "paddock: there is no $path: this package was made without it" >&2
            return 69
        fi
        echo "$path"
    fi
}

if [ -x "$root/bin/build-release" ]; then
    default_logs=$root/logs
else
    # Of a package nobody but its owner may write beside the programs.
    default_logs=${XDG_STATE_HOME:-${HOME:-/}/.local/state}/paddock/logs
fi

if [ -z "${ZOOCFGDIR:-}" ]; then
    if [ -d "$root/conf" ]; then ZOOCFGDIR=$root/conf; else ZOOCFGDIR=/etc/zookeeper/conf; fi
fi
for file in zookeeper-env.sh java.env; do
    # shellcheck source=/dev/null
    [ ! -f "$ZOOCFGDIR/$file" ] || . "$ZOOCFGDIR/$file"
done

#!/usr/bin/env bash
# Drop-in for ZooKeeper's own zkServer.sh, over the bundled server: the same commands, variables, words and exit codes.
# usage: zkServer.sh [--config CONF_DIR] {start|start-foreground|stop|version|restart|status|print-cmd} [CONFIG]
#
# ZOOCFGDIR (directory of the configuration), ZOOCFG (its file), ZOOPIDFILE, ZOO_LOG_DIR are honoured.

self=$(readlink -f "${BASH_SOURCE[0]}")
bin=$(dirname "$self")
root=$(dirname "$bin")

if [ "${1:-}" = "--config" ]; then
    ZOOCFGDIR=$2
    shift 2
fi
if [ -z "${ZOOCFGDIR:-}" ]; then
    if [ -d "$root/conf" ]; then ZOOCFGDIR=$root/conf; else ZOOCFGDIR=/etc/zookeeper/conf; fi
fi
# shellcheck source=/dev/null
[ ! -f "$ZOOCFGDIR/zookeeper-env.sh" ] || . "$ZOOCFGDIR/zookeeper-env.sh"
ZOOCFG=${ZOOCFG:-zoo.cfg}
case $ZOOCFG in */*) ;; *) ZOOCFG=$ZOOCFGDIR/$ZOOCFG ;; esac
if [ -n "${2:-}" ]; then
    # A plain name lies in ZOOCFGDIR, a path is a path.
    case $2 in */*) ZOOCFG=$2 ;; *) ZOOCFG=$ZOOCFGDIR/$2 ;; esac
fi
ZOO_LOG_DIR=${ZOO_LOG_DIR:-$root/logs}
output=$ZOO_LOG_DIR/zookeeper-${USER:-$(id -un)}-server-$(hostname).out

# The value of a key of the configuration: the last one counts.
setting() {
    sed -n -E "s/^[[:space:]]*$1[[:space:]]*[=:][[:space:]]*(.*[^[:space:]])[[:space:]]*\$/\1/p" "${2:-$ZOOCFG}" 2>/dev/null | tail -n 1
}

usage() {
    echo "Usage: $0 [--config <conf-dir>] {start|start-foreground|stop|version|restart|status|print-cmd}" >&2
}

# Whether the configuration asks for TLS, for clients or between the servers.
wants_tls() {
    local key
    case $(setting secureClientPort) in '' | 0) ;; *) return 0 ;; esac
    for key in client.portUnification sslQuorum portUnification; do
        case $(setting "$key") in [Tt][Rr][Uu][Ee]) return 0 ;; esac
    done
    return 1
}

# The server's executable; built on first use, with progress on standard error. Only a configuration that asks for TLS
# waits for the build of the one that has it.
server() { if wants_tls; then "$bin/build-release" zkserver-tls; else "$bin/build-release" zkserver; fi; }

case ${1:-} in
start | start-foreground | stop | restart | status | print-cmd) echo "Using config: $ZOOCFG" >&2 ;;
esac

data_dir=$(setting dataDir)
pid_file() {
    if [ -n "${ZOOPIDFILE:-}" ]; then
        mkdir -p "$(dirname "$ZOOPIDFILE")"
    else
        [ -z "$data_dir" ] || mkdir -p "$data_dir"
        ZOOPIDFILE=$data_dir/zookeeper_server.pid
    fi
}

case ${1:-} in
start)
    pid_file
    binary=$(server) || exit
    printf 'Starting zookeeper ... '
    if [ -f "$ZOOPIDFILE" ] && kill -0 "$(cat "$ZOOPIDFILE")" 2>/dev/null; then
        echo "already running as process $(cat "$ZOOPIDFILE")."
        exit 1
    fi
    mkdir -p "$ZOO_LOG_DIR"
    nohup "$binary" "$ZOOCFG" >"$output" 2>&1 </dev/null &
    pid=$!
    if ! printf '%s' "$pid" >"$ZOOPIDFILE"; then
        echo FAILED TO WRITE PID
        exit 1
    fi
    sleep 1
    if kill -0 "$pid" 2>/dev/null; then
        echo STARTED
    else
        echo FAILED TO START
        tail -n 5 "$output" >&2
        exit 1
    fi
    ;;
start-foreground)
    binary=$(server) || exit
    if [ -n "${ZOO_NOEXEC:-}" ]; then "$binary" "$ZOOCFG"; else exec "$binary" "$ZOOCFG"; fi
    ;;
print-cmd)
    echo "\"$(server)\" \"$ZOOCFG\" > \"$output\" 2>&1 < /dev/null"
    ;;
stop)
    pid_file
    printf 'Stopping zookeeper ... '
    if [ ! -f "$ZOOPIDFILE" ]; then
        echo "no zookeeper to stop (could not find file $ZOOPIDFILE)"
    else
        pid=$(cat "$ZOOPIDFILE")
        kill "$pid"
        rm "$ZOOPIDFILE"
        # Usually milliseconds; the writes under way are finished first.
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        echo STOPPED
    fi
    exit 0
    ;;
version)
    binary=$(server) || exit
    "$binary" --version
    ;;
restart)
    shift
    "$self" stop "$@"
    "$self" start "$@"
    ;;
status)
    address=$(setting clientPortAddress)
    port=$(setting clientPort)
    if ! [[ $port =~ ^[0-9]+$ ]]; then
        # The client part of this server's own line: "…;port" or "…;host:port".
        myid=$(cat "$data_dir/myid" 2>/dev/null)
        if ! [[ $myid =~ ^[0-9]+$ ]]; then
            echo "myid could not be determined, will not able to locate clientPort in the server configs."
        else
            line=$(setting "server\.$myid")
            if [[ $line != *\;* ]]; then
                echo "Client port not found in static config file. Looking in dynamic config file."
                line=$(setting "server\.$myid" "$(setting dynamicConfigFile)")
            fi
            client=${line##*;}
            if [[ $line != *\;* ]]; then
                echo "Client port not found in the server configs"
            else
                port=${client##*:}
                [[ $client != *:* ]] || address=${client%:*}
                address=${address#[}
                address=${address%]}
            fi
        fi
    fi
    address=${address:-localhost}
    if [ -z "$port" ]; then
        echo "Client port not found. Looking for secureClientPort in the static config."
        secure=$(setting secureClientPort)
        if [ -n "$secure" ]; then
            address=$(setting secureClientPortAddress)
            echo "Secure client port found: $secure. Client address: ${address:-localhost}. Client SSL: true."
            echo "The status of a server with a secure port alone cannot be asked: the four-letter words go over TLS there. Add clientPort, or ask the admin server."
            exit 1
        fi
        echo "Unable to find either secure or unsecure client port in any configs. Terminating."
        exit 1
    fi
    echo "Client port found: $port. Client address: $address. Client SSL: false."
    mode=$({ exec 3<>"/dev/tcp/$address/$port" && printf srvr >&3 && timeout 10 cat <&3; } 2>/dev/null | grep '^Mode')
    if [ -z "$mode" ]; then
        echo "Error contacting service. It is probably not running."
        exit 1
    fi
    echo "$mode"
    ;;
*)
    usage
    ;;
esac

#!/usr/bin/env bash
# Drop-in for ZooKeeper's own zkServer.sh, over the bundled server: the same commands, variables, words and exit codes.
# usage: zkServer.sh [--config CONF_DIR] {start|start-foreground|stop|version|restart|status|print-cmd} [CONFIG]
#
# ZOOCFGDIR (directory of the configuration), ZOOCFG (its file), ZOOPIDFILE, ZOO_LOG_DIR, ZOO_LOG_LEVEL are honoured, and of SERVER_JVMFLAGS
# and JVMFLAGS what is for ZooKeeper (-Dzookeeper.KEY=VALUE, -Djute.maxbuffer=BYTES); all of them also from zookeeper-env.sh and
# java.env in ZOOCFGDIR. The server names each flag that has no effect. PADDOCK_ZKSERVER is the server to run, instead of the one built here.

# Up to the server's exec this starts no program that bash can do without: each takes a millisecond, the server some twenty.
self=${BASH_SOURCE[0]}
[ ! -L "$self" ] || self=$(readlink -f "$self")
case $self in */*) ;; *) self=./$self ;; esac
# There and back is no process. Where the way back is closed (the home of whoever called sudo, a directory that is gone) one goes there.
if [ "$PWD/." -ef . ]; then
    CDPATH='' cd -P "${self%/*}" && bin=$PWD && cd "$OLDPWD" || exit
else
    bin=$(CDPATH='' cd -P "${self%/*}" && pwd)
fi
self=$bin/${self##*/}
root=${bin%/*}

if [ "${1:-}" = "--config" ]; then
    ZOOCFGDIR=$2
    # restart calls this script again.
    export ZOOCFGDIR
    shift 2
fi
# shellcheck source=bin/zk-environment.sh
. "$bin/zk-environment.sh"
ZOOCFG=${ZOOCFG:-zoo.cfg}
case $ZOOCFG in */*) ;; *) ZOOCFG=$ZOOCFGDIR/$ZOOCFG ;; esac
if [ -n "${2:-}" ]; then
    # A plain name lies in ZOOCFGDIR, a path is a path.
    case $2 in */*) ZOOCFG=$2 ;; *) ZOOCFG=$ZOOCFGDIR/$2 ;; esac
fi
ZOO_LOG_DIR=${ZOO_LOG_DIR:-$default_logs}
host=
read -r host </proc/sys/kernel/hostname
user=${USER:-}
if [ -z "$user" ]; then
    if [ "$EUID" -eq 0 ]; then user=root; else user=$(id -un); fi
fi
output=$ZOO_LOG_DIR/zookeeper-$user-server-$host.out
[ -z "${ZOO_LOG_LEVEL:-}" ] || export ZOO_LOG_LEVEL

# Reads the configuration $2 into the associative array that $1 names: of a key that is given twice the last counts.
read_settings() {
    local -n into=$1
    local line next key value pattern='^[[:space:]]*([^[:space:]=:]+)[[:space:]]*[=:][[:space:]]*(.*[^[:space:]])[[:space:]]*$'
    local continued='^[[:space:]]*[^[:space:]#!](.*[^\\])?(\\\\)*\\$'
    [ -f "$2" ] && [ -r "$2" ] || return 0
    while IFS= read -r line || [ -n "$line" ]; do
        while [[ $line =~ $continued ]] && read -r next; do line=${line%\\}$next; done
        if [[ $line =~ $pattern ]]; then
            key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
            [[ $value != *\\* ]] || unescape value
            into[$key]=$value
        fi
    done <"$2"
}

# Makes of the value of variable $1 what Java's Properties makes of it: a backslash stands before \uXXXX, before t, n, r and f, and before
# what means itself.
unescape() {
    local -n of=$1
    # The name of a file that the server makes is UTF-8.
    local rest=$of done='' LC_ALL=C.UTF-8 character
    while [[ $rest == *\\* ]]; do
        done+=${rest%%\\*}
        rest=${rest#*\\}
        if [[ $rest =~ ^(u[[:xdigit:]]{4}|[tnrf]) ]]; then
            printf -v character '%b' "\\${BASH_REMATCH[1]}"
            rest=${rest#"${BASH_REMATCH[1]}"}
        else
            character=${rest:0:1}
            rest=${rest:1}
        fi
        done+=$character
    done
    of=$done$rest
}
declare -A settings=()
read_settings settings "$ZOOCFG"

usage() {
    echo "Usage: $0 [--config <conf-dir>] {start|start-foreground|stop|version|restart|status|print-cmd}" >&2
}

# The flags in the order of Apache's script: of one that is given twice the last counts.
flags=()
read_flags() {
    local word
    set -f
    for word in ${ZK_SERVER_HEAP:+-Xmx${ZK_SERVER_HEAP}m} ${SERVER_JVMFLAGS:-} ${JVMFLAGS:-}; do
        case $word in
        -*) flags+=("$word") ;;
        *) echo "$word: warning: has no effect: it is no flag, and no flag of this server takes a value of its own" >&2 ;;
        esac
    done
    set +f
    # As in Apache's script: the directories must be there beforehand.
    [ -z "${ZOO_DATADIR_AUTOCREATE_DISABLE:-}" ] || flags+=(-Dzookeeper.datadir.autocreate=false)
}

# Whether the configuration asks for TLS, for clients or between the servers.
wants_tls() {
    local key
    case ${settings[secureClientPort]:-} in '' | 0) ;; *) return 0 ;; esac
    for key in client.portUnification sslQuorum portUnification; do
        case ${settings[$key]:-} in [Tt][Rr][Uu][Ee]) return 0 ;; esac
    done
    case " ${flags[*]} " in *" -Dzookeeper.client.portUnification=true "*) return 0 ;; esac
    return 1
}

# Sets binary to the server's executable. Only a configuration that asks for TLS waits for the build of the one that has it.
find_server() {
    product=
    binary=${PADDOCK_ZKSERVER:-}
    [ -z "$binary" ] || return 0
    product=zkserver
    if wants_tls; then product=zkserver-tls; fi
    find_program "$product"
}

# Says when the server is older than its sources. It runs beside the server's start, which is not to wait for a look at them, and
# still less for a build.
compare_with_sources() {
    [ -z "$product" ] || [ -z "$is_checkout" ] || are_current "$product" ||
        echo "paddock: $product of $(date -r "$binary" '+%Y-%m-%d %H:%M') is older than its sources; bin/build-release $product builds it anew" >&2
}

# Without a configuration there is nothing to be done, and nothing is left behind.
need_configuration() {
    if [ ! -f "$ZOOCFG" ] || [ ! -r "$ZOOCFG" ]; then
        echo "cannot read the configuration $ZOOCFG: name it, or set ZOOCFGDIR" >&2
        return 1
    fi
}

# Whether process $1 is gone, or dead and not yet waited for. Its command line is gone sooner, before its locks are.
has_ended() {
    local state=''
    { read -r state <"/proc/$1/stat"; } 2>/dev/null
    case ${state##*) } in '' | Z* | X*) return 0 ;; esac
    return 1
}

# Whether process $1 is a ZooKeeper server over the data directory of this configuration. A pid file outlives its process, and
# after a reboot the number is most likely that of another one.
is_server() {
    local words=() program config theirs
    local -A others=()
    { mapfile -d '' -t words <"/proc/$1/cmdline"; } 2>/dev/null
    # None: it is gone, or dead and not yet waited for.
    [ ${#words[@]} -gt 1 ] || return 1
    program=${words[0]##*/}
    case $program in
    zkserver | zkserver-tls) ;;
    java) case " ${words[*]} " in *" org.apache.zookeeper.server."*) ;; *) return 1 ;; esac ;;
    *) [ -n "${PADDOCK_ZKSERVER:-}" ] && [ "$program" = "${PADDOCK_ZKSERVER##*/}" ] || return 1 ;;
    esac
    # Whose data it is, or who asks: nobody else's process counts.
    case $(stat -c %u "/proc/$1" 2>/dev/null) in
    "$EUID" | "$(stat -c %u "$data_dir" 2>/dev/null)") ;;
    *) return 1 ;;
    esac
    config=${words[-1]}
    case $config in /*) ;; *) config=$(readlink "/proc/$1/cwd")/$config ;; esac
    read_settings others "$config"
    theirs=${others[dataDir]:-}
    case $theirs in '' | /*) ;; *) theirs=$(readlink "/proc/$1/cwd")/$theirs ;; esac
    [ "$(readlink -f "$config")" = "$(readlink -f "$ZOOCFG")" ] || [ "$(readlink -m "$theirs")" = "$(readlink -m "$data_dir")" ]
}

# Sets pid to the process that the pid file names and that is our server; to nothing when there is none.
running() {
    pid=
    [ ! -r "$ZOOPIDFILE" ] || read -r pid <"$ZOOPIDFILE"
    if ! [[ $pid =~ ^[0-9]+$ ]] || ! is_server "$pid"; then pid=; fi
}

# What stands in a pid file whose process is no server of ours.
holder() {
    local pid
    pid=$(cat "$ZOOPIDFILE" 2>/dev/null)
    if [[ $pid =~ ^[0-9]+$ ]] && [ -r "/proc/$pid/comm" ]; then
        echo "process $pid is '$(cat "/proc/$pid/comm")' and no server of $data_dir"
    else
        echo "process ${pid:-?} is gone"
    fi
}

# Where clients come to this server: sets port and address, and says what it looks at.
find_client() {
    local myid line client
    local -A dynamic=()
    address=${settings[clientPortAddress]:-}
    port=${settings[clientPort]:-}
    if ! [[ $port =~ ^[0-9]+$ ]]; then
        # The client part of this server's own line: "…;port" or "…;host:port".
        port=
        myid=
        [ ! -r "$data_dir/myid" ] || read -r myid <"$data_dir/myid"
        if ! [[ $myid =~ ^[0-9]+$ ]]; then
            echo "myid could not be determined, will not able to locate clientPort in the server configs."
        else
            line=${settings[server.$myid]:-}
            if [[ $line != *\;* ]]; then
                echo "Client port not found in static config file. Looking in dynamic config file."
                read_settings dynamic "${settings[dynamicConfigFile]:-}"
                line=${dynamic[server.$myid]:-}
            fi
            client=${line##*;}
            if [[ $line != *\;* ]]; then
                echo "Client port not found in the server configs"
            else
                port=${client##*:}
                [[ $client != *:* ]] || address=${client%:*}
            fi
        fi
    fi
    address=${address:-localhost}
}

# Opens a connection to the server as file descriptor 3. The name that needs no question is not asked for; an IPv6 address may be in
# brackets.
connect() {
    local target=${address/#localhost/127.0.0.1}
    target=${target#[}
    { exec 3<>"/dev/tcp/${target%]}/$port"; } 2>/dev/null
}

accepts() { connect && exec 3>&-; }

# Sets answer to what the server answers to srvr, within $1 seconds.
ask() {
    answer=
    # A server that hangs up is none that answers; it does not end this script.
    trap '' PIPE
    if connect; then
        ! printf srvr >&3 2>/dev/null || IFS= read -r -d '' -t "$1" answer <&3
        exec 3>&-
    fi
    trap - PIPE
}

# Waits $1 seconds, for the end of a pipe that has none: no program is started for it.
pause() {
    [ -n "${never:-}" ] || exec {never}<> <(:)
    read -r -t "$1" -u "$never" || true
}

# Waits until process $1 serves. Returns 1 when it has ended; says what it waits for when that takes long.
wait_until_serving() {
    local begin=$SECONDS limit=${ZOO_START_TIMEOUT:-30} secure='' answer step=0.002
    find_client >/dev/null
    if [ -z "$port" ]; then
        secure=${settings[secureClientPort]:-}
        port=$secure
        address=${settings[secureClientPortAddress]:-localhost}
    fi
    while kill -0 "$1" 2>/dev/null; do
        if [ -n "$taken" ] || [ -z "$port" ]; then
            # Nothing that answers can be told from another process: that it does not end must do.
            [ $((SECONDS - begin)) -lt 3 ] || return 0
        elif [ -n "$secure" ]; then
            ! accepts || return 0
        else
            ask 2
            case $answer in
            *Mode:*) return 0 ;;
            *"not currently serving"*)
                if [ $((SECONDS - begin)) -ge 3 ]; then
                    note="it answers, and waits for a quorum of its ensemble"
                    return 0
                fi
                ;;
            # It answers, if not this word.
            ?*) return 0 ;;
            esac
        fi
        if [ $((SECONDS - begin)) -ge "$limit" ]; then
            note="it does not serve yet after $limit s; its log is $output"
            return 0
        fi
        [ $((SECONDS - begin)) -lt 2 ] || step=0.05
        pause $step
    done
    return 1
}

case ${1:-} in
start | start-foreground | stop | restart | status | print-cmd) echo "Using config: $ZOOCFG" >&2 ;;
esac

data_dir=${settings[dataDir]:-}
ZOOPIDFILE=${ZOOPIDFILE:-$data_dir/zookeeper_server.pid}

case ${1:-} in
start)
    need_configuration || exit 1
    read_flags
    find_server || exit
    printf 'Starting zookeeper ... '
    running
    if [ -n "$pid" ]; then
        echo "already running as process $pid."
        exit 1
    fi
    taken=
    find_client >/dev/null
    if [ -n "$port" ] && accepts; then taken=1; fi
    [ -d "$ZOO_LOG_DIR" ] || mkdir -p "$ZOO_LOG_DIR"
    (
        # Who waits for the end of what it gave us to write into must not wait for the server's.
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            [ "$fd" -le 2 ] || eval "exec $fd>&-"
        done
        # What nohup does: the end of our terminal is not the server's.
        trap '' HUP
        exec "$binary" "${flags[@]}" "$ZOOCFG" >"$output" 2>&1 </dev/null
    ) &
    pid=$!
    # The data directory is made by the server, if it may: wait for it no longer than the server lives.
    # Without a dataDir the server says so and ends, and there is no place for a pid.
    if [ -n "$data_dir" ]; then
        case $ZOOPIDFILE in */*) pid_directory=${ZOOPIDFILE%/*} ;; *) pid_directory=. ;; esac
        if [ "$pid_directory" != "$data_dir" ]; then mkdir -p "$pid_directory"; fi
        begin=$SECONDS
        while [ ! -d "$pid_directory" ] && [ $((SECONDS - begin)) -lt 30 ] && kill -0 "$pid" 2>/dev/null; do pause 0.002; done
        if [ -d "$pid_directory" ] && ! printf '%s' "$pid" >"$ZOOPIDFILE"; then
            echo FAILED TO WRITE PID
            exit 1
        fi
    fi
    compare_with_sources
    note=
    if wait_until_serving "$pid"; then
        echo STARTED
        # What is said of flags stands at the beginning of lines.
        [ ${#flags[@]} -eq 0 ] || grep -E '^-[^ ]+: (warning|error): ' "$output" >&2
        [ -z "$note" ] || echo "process $pid: $note" >&2
    else
        echo FAILED TO START
        [ -z "$data_dir" ] || rm -f "$ZOOPIDFILE"
        tail -n 15 "$output" >&2
        exit 1
    fi
    exit 0
    ;;
start-foreground)
    need_configuration || exit 1
    read_flags
    find_server || exit
    # No child of ours: the server, which this process becomes, would not wait for it.
    (compare_with_sources &)
    if [ -n "${ZOO_NOEXEC:-}" ]; then
        "$binary" "${flags[@]}" "$ZOOCFG"
    else
        exec "$binary" "${flags[@]}" "$ZOOCFG"
    fi
    ;;
print-cmd)
    read_flags
    find_server
    printf '"%s"' "$binary"
    [ ${#flags[@]} -eq 0 ] || printf ' "%s"' "${flags[@]}"
    echo " \"$ZOOCFG\" > \"$output\" 2>&1 < /dev/null"
    ;;
stop)
    printf 'Stopping zookeeper ... '
    running
    if [ ! -f "$ZOOPIDFILE" ]; then
        echo "no zookeeper to stop (could not find file $ZOOPIDFILE)"
    elif [ -z "$pid" ]; then
        echo "no zookeeper to stop ($(holder); removed $ZOOPIDFILE)"
        rm -f "$ZOOPIDFILE"
    else
        if ! kill "$pid" 2>/dev/null; then
            echo "FAILED TO STOP"
            echo "process $pid is of user $(stat -c %U "/proc/$pid"), and you are $(id -un)" >&2
            exit 1
        fi
        # Usually milliseconds; the writes under way are finished first.
        step=0.002
        for ((turn = 0; turn < 300; turn++)); do
            ! has_ended "$pid" || break
            [ "$turn" -lt 100 ] || step=0.05
            pause $step
        done
        if ! has_ended "$pid"; then
            echo "FAILED TO STOP"
            echo "process $pid still runs, 10 s after SIGTERM; its log is $output" >&2
            exit 1
        fi
        rm -f "$ZOOPIDFILE"
        echo STOPPED
    fi
    exit 0
    ;;
version)
    find_server || exit
    "$binary" --version
    ;;
restart)
    shift
    "$self" stop "$@" && "$self" start "$@"
    ;;
status)
    set -f
    for flag in ${CLIENT_JVMFLAGS:-}; do
        echo "$flag: warning: has no effect: the status is asked in the clear, without a JVM" >&2
    done
    set +f
    find_client
    if [ -z "$port" ]; then
        echo "Client port not found. Looking for secureClientPort in the static config."
        secure=${settings[secureClientPort]:-}
        if [ -n "$secure" ]; then
            address=${settings[secureClientPortAddress]:-}
            echo "Secure client port found: $secure. Client address: ${address:-localhost}. Client SSL: true."
            echo "The status of a server with a secure port alone cannot be asked: the four-letter words go over TLS there. Add clientPort, or ask the admin server."
            exit 1
        fi
        echo "Unable to find either secure or unsecure client port in any configs. Terminating."
        exit 1
    fi
    echo "Client port found: $port. Client address: $address. Client SSL: false."
    ask 10
    if ! [[ $answer =~ (^|$'\n')(Mode[^$'\n']*) ]]; then
        echo "Error contacting service. It is probably not running."
        exit 1
    fi
    echo "${BASH_REMATCH[2]}"
    ;;
*)
    usage
    ;;
esac

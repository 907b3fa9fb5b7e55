#!/bin/sh
# Installs Paddock from this directory. usage: ./install.sh [--prefix DIR] [--uninstall]
#
# Without --prefix: into ~/.local, for root into /usr/local. Another version of the same prefix is replaced; ensembles that run are not
# touched, and go on with the programs that they were started with.
set -eu
umask 022

say() { printf '%s\n' "$*"; }
who() { id -un 2>/dev/null || id -u; }
fail() {
    printf 'error: %s\n' "$1" >&2
    [ -z "${2:-}" ] || printf '  mend: %s\n' "$2" >&2
    exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
prefix=
uninstall=
while [ $# -gt 0 ]; do
    case $1 in
    --prefix) [ $# -gt 1 ] || fail '--prefix wants a directory'; prefix=$2; shift ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    --uninstall) uninstall=yes ;;
    -h | --help) sed -n '2,/^$/s/^# \{0,1\}//p' "$0" | sed '/^set /d'; exit 0 ;;
    *) fail "what is $1?" './install.sh [--prefix DIR] [--uninstall]' ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    if [ "$(id -u)" -eq 0 ]; then prefix=/usr/local; else prefix=${HOME:?}/.local; fi
fi
case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac
manifest=$prefix/lib/paddock/MANIFEST

# Processes whose program is one of this prefix, also when its file has been replaced.
running() {
    count=0
    for exe in /proc/[0-9]*/exe; do
        program=$(readlink "$exe" 2>/dev/null) || continue
        case $program in "$prefix"/lib/paddock/*) count=$((count + 1)) ;; esac
    done
    echo "$count"
}

# The nearest directory of $1 that is there must be writable.
may_write() {
    place=$1
    while [ ! -e "$place" ]; do place=$(dirname "$place"); done
    [ -d "$place" ] && [ -w "$place" ]
}

if [ -n "$uninstall" ]; then
    [ -f "$manifest" ] || fail "Paddock is not installed in $prefix: there is no $manifest" 'name the prefix it was installed with: --prefix DIR'
    [ -w "$prefix/lib/paddock" ] || fail "$prefix is not writable for $(who)" "run it as the owner of $prefix"
    count=$(running)
    while IFS= read -r file; do rm -f -- "$prefix/$file"; done <"$manifest"
    sed 's|/[^/]*$||' "$manifest" | LC_ALL=C sort -ru | while IFS= read -r directory; do
        while [ "$directory" != . ] && rmdir -- "$prefix/$directory" 2>/dev/null; do directory=$(dirname "$directory"); done
    done
    rm -f -- "$manifest"
    rmdir -- "$prefix/lib/paddock" "$prefix/lib" "$prefix" 2>/dev/null || true
    say "Paddock is removed from $prefix. Ensembles and their data are where they were (~/.local/state/paddock)."
    [ "$count" -eq 0 ] || say "$count processes of it still run: ensembles go on, but what dies is not started again. \`kill\` ends them."
    exit 0
fi

machine=$(cat "$here/MACHINE")
[ "$(uname -s) $(uname -m)" = "$machine" ] ||
    fail "this is for $machine, and here is $(uname -s) $(uname -m)" 'take the package for this machine, or build from the sources'
version=$("$here/lib/paddock/paddock" --version 2>&1) || fail "the programs do not run here: $version"
may_write "$prefix" || fail "$prefix is not writable for $(who)" "./install.sh --prefix DIR with a directory of yours, or as root"

count=$(running)
old=
if [ -f "$manifest" ]; then old=$(cat "$manifest"); fi
# Each file is made beside its place and moved there in one step: who runs the old one keeps it.
while IFS= read -r file; do
    directory=$prefix/${file%/*}
    rm -f -- "$directory/.paddock-new"
    [ -d "$directory" ] || mkdir -p -- "$directory" 2>/dev/null ||
        fail "cannot make $directory" "./install.sh --prefix DIR with a directory of yours"
    if grep -qxF -- "$file" "$here/LINKS" && ln -- "$prefix/lib/paddock/paddock" "$directory/.paddock-new" 2>/dev/null; then
        :
    else
        cp -P -p -- "$here/$file" "$directory/.paddock-new"
    fi && mv -f -- "$directory/.paddock-new" "$prefix/$file" ||
        fail "cannot write $prefix/$file"
done <"$here/MANIFEST"
# What the version before had and this one has not.
printf '%s\n' "$old" | while IFS= read -r file; do
    [ -z "$file" ] || grep -qxF -- "$file" "$here/MANIFEST" || rm -f -- "$prefix/$file"
done
cp -- "$here/MANIFEST" "$manifest"

say "Paddock $version is installed in $prefix."
if [ "$count" -gt 0 ]; then
    say "$count processes of the version before go on as they are; \`paddock status\` says so, and \`paddock rolling-restart\` moves servers to this one."
fi
case :$PATH: in
*:"$prefix/bin":*) say "Begin with: paddock up" ;;
*) say "Begin with: PATH=\"$prefix/bin:\$PATH\"; paddock up" ;;
esac

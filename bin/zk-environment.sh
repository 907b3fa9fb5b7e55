# Sourced by zkCli.sh and zkServer.sh, with the directory of this repository in $root: finds ZOOCFGDIR, as Apache's zkEnv.sh does, and reads
# zookeeper-env.sh and java.env there.
# shellcheck shell=bash
if [ -z "${ZOOCFGDIR:-}" ]; then
    # shellcheck disable=SC2154
    if [ -d "$root/conf" ]; then ZOOCFGDIR=$root/conf; else ZOOCFGDIR=/etc/zookeeper/conf; fi
fi
for file in zookeeper-env.sh java.env; do
    # shellcheck source=/dev/null
    [ ! -f "$ZOOCFGDIR/$file" ] || . "$ZOOCFGDIR/$file"
done

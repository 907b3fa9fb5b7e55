#!/bin/sh
# Who runs this playbook: USER@HOST and the process, which is the topmost ansible-playbook above us.
process=$PPID
while parent=$(cut -d ' ' -f 4 "/proc/$process/stat") && tr '\0' ' ' <"/proc/$parent/cmdline" | grep -q ansible-playbook; do
    process=$parent
done
echo "$(id -un)@$(uname -n) $process"

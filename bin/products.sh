# Sourced by the scripts that run a program built here, with the directory of this repository in $root.
# shellcheck shell=bash
# shellcheck disable=SC2154
release=$root/.build-release/release

# Whether these products are built, and nothing that they are made of is newer: who has a program to start asks here before it
# calls bin/build-release, which takes three times as long to say so.
are_current() {
    local product oldest='' sources=("$root/Package.swift" "$root/Sources" "$root/templates")
    for product in "$@"; do
        [ -x "$release/$product" ] || return 1
        if [ -z "$oldest" ] || [ "$release/$product" -ot "$oldest" ]; then oldest=$release/$product; fi
        case $product in
        simulate) sources+=("$root/Tests/Simulation" "$root/Tests/SimulateCommand") ;;
        allocations) sources+=("$root/Tests/Allocations" "$root/Tests/AllocationCounter") ;;
        ClientBenchmark | LoadGenerator | RegistryConsumer | WriteFloor) sources+=("$root/Benchmarks/$product") ;;
        esac
    done
    [ -z "$(find "${sources[@]}" -newer "$oldest" -print -quit)" ]
}

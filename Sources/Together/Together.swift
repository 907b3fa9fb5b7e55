// Nothing: what bin/build-release builds are the programs that this target depends on (Package.swift).

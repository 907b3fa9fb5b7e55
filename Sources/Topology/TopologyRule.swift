/// The rule ids of this room, beside those of `YAMLRule`. Scripts and tests rely on them; `Docs/topology.md` explains each.
package enum TopologyRule: String, CaseIterable, Sendable {
    // What the file says
    case missingKey = "missing-key"
    case unknownKey = "unknown-key"
    case wrongType = "wrong-type"
    case ensembleName = "ensemble-name"
    case twoForms = "two-forms"

    // Servers
    case serverID = "server-id"
    case duplicateID = "duplicate-id"
    case retiredID = "retired-id"
    case tooManyServers = "too-many-servers"

    // Engines
    case engineUnavailable = "engine-unavailable"
    case engineHeap = "engine-heap"
    case engineHome = "engine-home"

    // Hosts
    case hostUnknown = "host-unknown"
    case hostAddress = "host-address"
    case hostWildcard = "host-wildcard"
    case hostLoopback = "host-loopback"
    case hostTwice = "host-twice"
    case hostUnused = "host-unused"

    // Ports
    case portRange = "port-range"
    case portPrivileged = "port-privileged"
    case portEphemeral = "port-ephemeral"
    case portConflict = "port-conflict"
    case electionPort = "election-port"
    case portTaken = "port-taken"
    case portsExhausted = "ports-exhausted"

    // The quorum
    case noParticipants = "no-participants"
    case evenParticipants = "even-participants"
    case manyParticipants = "many-participants"
    case standaloneObservers = "standalone-observers"
    case hostHoldsQuorum = "host-holds-quorum"
    case groupMissing = "group-missing"
    case groupsEven = "groups-even"
    case weightRange = "weight-range"
    case weightZero = "weight-zero"
    case observerVote = "observer-vote"

    // Settings (one by itself: the rules of `KnownKeys.check`)
    case ownedSetting = "owned-setting"
    case settingDiffers = "setting-differs"
    case dataDir = "data-dir"
    case timeLimits = "time-limits"
    case sessionTimeouts = "session-timeouts"
    case saslChain = "sasl-chain"
    case whitelistTooWide = "whitelist-too-wide"
    case whitelistTooNarrow = "whitelist-too-narrow"
}

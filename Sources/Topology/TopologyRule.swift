/// The rule ids of this room. Settings have those of `KnownKeys.check` and `KnownKeys.checkTogether` besides, the text of
/// the file those of `YAMLRule`; what zoo.cfg files can have wrong too has one id in both. Scripts and tests rely on
/// them; `Docs/topology.md` explains each.
package enum TopologyRule: String, CaseIterable, Sendable {
    // What the file says
    case missingKey = "missing-key"
    case unknownKey = "unknown-key"
    case wrongType = "wrong-type"
    case leadingZero = "leading-zero"
    case ensembleName = "ensemble-name"
    case twoForms = "two-forms"

    // Servers and engines
    case serverID = "server-id"
    case duplicateServer = "duplicate-server"
    case retiredID = "retired-id"
    case tooMany = "too-many"
    case engineHome = "engine-home"
    case engineHeap = "engine-heap"
    case jvmFlag = "jvm-flag"

    // Hosts
    case hostUnknown = "host-unknown"
    case placeholder = "placeholder"
    case lookAlike = "look-alike"
    case hostAddress = "host-address"
    case wildcardAddress = "wildcard-address"
    case loopbackAddress = "loopback-address"
    case hostTwice = "host-twice"
    case hostUnused = "host-unused"

    // Ports
    case serverPort = "server-port"
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
    case observersWithoutQuorum = "observers-without-quorum"
    case hostHoldsQuorum = "host-holds-quorum"
    case group = "group"
    case weight = "weight"
    case groupsEven = "groups-even"

    // Settings
    case ownedSetting = "owned-setting"
    case settingDiffers = "setting-differs"
    case dataDirRelative = "data-dir-relative"
    case dataDirShared = "data-dir-shared"
    case whitelistNarrow = "whitelist-narrow"
}

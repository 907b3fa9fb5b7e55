/// What a check looks for: the stable name of each kind of problem, as it stands in `[…]` behind a message. Scripts and tests rely on
/// the names; ``explanation`` says what each is about, and has an example.
package enum Rule: String, CaseIterable, Hashable, Sendable {
    // MARK: What a zoo.cfg says, key by key
    case malformedEscape = "malformed-escape"
    case notUTF8 = "not-utf8"
    case nonASCII = "non-ascii"
    case continuedLine = "continued-line"
    case lookAlike = "look-alike"
    case duplicateKey = "duplicate-key"
    case unknownKey = "unknown-key"
    case needlessPrefix = "needless-prefix"
    case jvmOnly = "jvm-only"
    case deprecatedKey = "deprecated-key"
    case unsafeSetting = "unsafe-setting"
    case value
    case leadingZero = "leading-zero"
    case quotes
    case placeholder
    case path

    // MARK: Server lines and hosts
    case serverLine = "server-line"
    case serverLineDot = "server-line-dot"
    case serverID = "server-id"
    case serverRole = "server-role"
    case serverPort = "server-port"
    case electionPort = "election-port"
    case duplicateServer = "duplicate-server"
    case hostAddress = "host-address"
    case loopbackAddress = "loopback-address"
    case wildcardAddress = "wildcard-address"
    case multiAddress = "multi-address"
    case group
    case weight

    // MARK: Who this server is
    case myidMissing = "myid-missing"
    case myidInvalid = "myid-invalid"
    case myidUnlisted = "myid-unlisted"
    case myidMismatch = "myid-mismatch"
    case myidTwice = "myid-twice"
    case peerType = "peer-type"
    case clientAddress = "client-address"
    case noClientPort = "no-client-port"

    // MARK: The quorum
    case noParticipants = "no-participants"
    case observersWithoutQuorum = "observers-without-quorum"
    case singleServer = "single-server"
    case evenParticipants = "even-participants"
    case manyParticipants = "many-participants"
    case groupsEven = "groups-even"
    case hostHoldsQuorum = "host-holds-quorum"

    // MARK: Time
    case limitMissing = "limit-missing"
    case limitOverflow = "limit-overflow"
    case limitOrder = "limit-order"
    case limitTight = "limit-tight"
    case tickShort = "tick-short"
    case sessionTimeout = "session-timeout"

    // MARK: Ports
    case portConflict = "port-conflict"
    case portPrivileged = "port-privileged"
    case portEphemeral = "port-ephemeral"
    case portTaken = "port-taken"
    case portsExhausted = "ports-exhausted"

    // MARK: Directories
    case dataDirMissing = "data-dir-missing"
    case dataDirRelative = "data-dir-relative"
    case dataDirTemporary = "data-dir-temporary"
    case dataDirUnwritable = "data-dir-unwritable"
    case dataDirAbsent = "data-dir-absent"
    case dataDirShared = "data-dir-shared"

    // MARK: Dynamic configuration
    case dynamicFile = "dynamic-file"
    case dynamicKey = "dynamic-key"
    case configVersion = "config-version"

    // MARK: Safety
    case whitelistWord = "whitelist-word"
    case whitelistWide = "whitelist-wide"
    case whitelistNarrow = "whitelist-narrow"
    case quorumSASL = "quorum-sasl"
    case saslFile = "sasl-file"
    case noSchemes = "no-schemes"
    case tlsFactory = "tls-factory"
    case tlsKey = "tls-key"
    case tlsVersion = "tls-version"
    case tlsCipher = "tls-cipher"
    case tlsFile = "tls-file"
    case unsupportedProtection = "unsupported-protection"

    // MARK: What an engine has
    case unsupportedKey = "unsupported-key"
    case noEffect = "no-effect"
    case metricsProvider = "metrics-provider"
    case jvmFlag = "jvm-flag"
    case engineHome = "engine-home"
    case engineHeap = "engine-heap"

    // MARK: Several files of one ensemble
    case filesDiffer = "files-differ"
    case settingDiffers = "setting-differs"

    // MARK: What a topology says
    case missingKey = "missing-key"
    case wrongType = "wrong-type"
    case ensembleName = "ensemble-name"
    case twoForms = "two-forms"
    case retiredID = "retired-id"
    case tooMany = "too-many"
    case hostUnknown = "host-unknown"
    case hostTwice = "host-twice"
    case hostUnused = "host-unused"
    case ownedSetting = "owned-setting"

    // MARK: YAML
    case yamlSyntax = "yaml-syntax"
    case yamlEncoding = "yaml-encoding"
    case yamlTab = "yaml-tab"
    case yamlDuplicateKey = "yaml-duplicate-key"
    case yamlKey = "yaml-key"
    case yamlMergeKey = "yaml-merge-key"
    case yamlTag = "yaml-tag"
    case yamlUnknownAnchor = "yaml-unknown-anchor"
    case yamlTooLarge = "yaml-too-large"
    case yamlTooDeep = "yaml-too-deep"
    case yamlSecondDocument = "yaml-second-document"
    case yamlEmpty = "yaml-empty"

    // MARK: Files that `generate` and `up` write
    case serverLeft = "server-left"
    case drift
    case ensembleRenamed = "ensemble-renamed"

    // MARK: `paddock import`
    case importFlags = "import-flags"
    case importChanges = "import-changes"
    case importDataDir = "import-data-dir"
    case importDataLogDir = "import-data-log-dir"
    case importDiffers = "import-differs"
    case importNoMyID = "import-no-myid"
    case importSameID = "import-same-id"
    case importMissing = "import-missing"

    // MARK: A running ensemble (`check --remote`)
    case noLeader = "no-leader"
    case unreachable
    case behind
    case loopbackName = "loopback-name"
    case wordRefused = "word-refused"
    case unknown
    case membersDiffer = "members-differ"
    case versionsDiffer = "versions-differ"

    // MARK: `paddock export`
    case exportReconfig = "export-reconfig"
    case exportAddress = "export-address"
    case exportLowPort = "export-low-port"
    case exportDataLog = "export-data-log"
    case exportFile = "export-file"
    case exportUnknownFile = "export-unknown-file"
    case exportHome = "export-home"
    case exportEnvironment = "export-environment"
    case exportFlag = "export-flag"
    case exportFlagFile = "export-flag-file"
    case exportName = "export-name"
    case exportSecrets = "export-secrets"
    case exportSize = "export-size"
    case exportIDs = "export-ids"
    case exportDiffer = "export-differ"
    case exportPath = "export-path"
    case exportLeft = "export-left"

    // MARK: Moving (`check --from`)
    case moveLine = "move-line"
    case moveJoins = "move-joins"
    case moveLeaves = "move-leaves"
    case moveSetting = "move-setting"
    case moveEngine = "move-engine"
    case moveClients = "move-clients"
    case moveData = "move-data"
}

extension Rule {
    /// Rules that are about one thing, in the order in which they are listed.
    package enum Section: String, CaseIterable, Sendable {
        case text = "What a zoo.cfg says, key by key"
        case servers = "Server lines and hosts"
        case identity = "Who this server is"
        case quorum = "The quorum"
        case time = "Time"
        case ports = "Ports"
        case directories = "Directories"
        case dynamicConfiguration = "Dynamic configuration"
        case safety = "Safety"
        case engines = "What an engine has"
        case files = "Several files of one ensemble"
        case topology = "What a topology says"
        case yaml = "YAML"
        case writing = "Files that `generate` and `up` write"
        case importing = "`paddock import`"
        case remote = "A running ensemble (`check --remote`)"
        case exporting = "`paddock export`"
        case moving = "Moving (`check --from`)"
    }

    package var section: Section {
        switch self {
        case .malformedEscape, .notUTF8, .nonASCII, .continuedLine, .lookAlike, .duplicateKey, .unknownKey,
            .needlessPrefix, .jvmOnly, .deprecatedKey, .unsafeSetting, .value, .leadingZero, .quotes, .placeholder,
            .path:
            .text
        case .serverLine, .serverLineDot, .serverID, .serverRole, .serverPort, .electionPort, .duplicateServer,
            .hostAddress, .loopbackAddress, .wildcardAddress, .multiAddress, .group, .weight:
            .servers
        case .myidMissing, .myidInvalid, .myidUnlisted, .myidMismatch, .myidTwice, .peerType, .clientAddress,
            .noClientPort:
            .identity
        case .noParticipants, .observersWithoutQuorum, .singleServer, .evenParticipants, .manyParticipants, .groupsEven,
            .hostHoldsQuorum:
            .quorum
        case .limitMissing, .limitOverflow, .limitOrder, .limitTight, .tickShort, .sessionTimeout: .time
        case .portConflict, .portPrivileged, .portEphemeral, .portTaken, .portsExhausted: .ports
        case .dataDirMissing, .dataDirRelative, .dataDirTemporary, .dataDirUnwritable, .dataDirAbsent, .dataDirShared:
            .directories
        case .dynamicFile, .dynamicKey, .configVersion: .dynamicConfiguration
        case .whitelistWord, .whitelistWide, .whitelistNarrow, .quorumSASL, .saslFile, .noSchemes, .tlsFactory, .tlsKey,
            .tlsVersion, .tlsCipher, .tlsFile, .unsupportedProtection:
            .safety
        case .unsupportedKey, .noEffect, .metricsProvider, .jvmFlag, .engineHome, .engineHeap: .engines
        case .filesDiffer, .settingDiffers: .files
        case .missingKey, .wrongType, .ensembleName, .twoForms, .retiredID, .tooMany, .hostUnknown, .hostTwice,
            .hostUnused, .ownedSetting:
            .topology
        case .yamlSyntax, .yamlEncoding, .yamlTab, .yamlDuplicateKey, .yamlKey, .yamlMergeKey, .yamlTag,
            .yamlUnknownAnchor, .yamlTooLarge, .yamlTooDeep, .yamlSecondDocument, .yamlEmpty:
            .yaml
        case .serverLeft, .drift, .ensembleRenamed: .writing
        case .importFlags, .importChanges, .importDataDir, .importDataLogDir, .importDiffers, .importNoMyID,
            .importSameID, .importMissing:
            .importing
        case .noLeader, .unreachable, .behind, .loopbackName, .wordRefused, .unknown, .membersDiffer, .versionsDiffer:
            .remote
        case .exportReconfig, .exportAddress, .exportLowPort, .exportDataLog, .exportFile, .exportUnknownFile,
            .exportHome, .exportEnvironment, .exportFlag, .exportFlagFile, .exportName, .exportSecrets, .exportSize,
            .exportIDs, .exportDiffer, .exportPath, .exportLeft:
            .exporting
        case .moveLine, .moveJoins, .moveLeaves, .moveSetting, .moveEngine, .moveClients, .moveData:
            .moving
        }
    }
}

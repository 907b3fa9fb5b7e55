/// What `paddock doctor` looks at: whether this machine has what ensembles need.
package struct Doctor: Sendable {
    package struct Finding: Codable, Hashable, Sendable {
        package enum State: String, Codable, Hashable, Sendable {
            case good
            /// Works, with a limit worth knowing.
            case warning
            /// `up` would fail.
            case missing
        }

        /// `bundled`, `apache`, `java`, `ports`, …
        package var subject: String
        package var state: State
        package var text: String
        /// What to do about it, as an order; nil when good.
        package var mend: String?
    }

    package enum BundledServer: Hashable, Sendable {
        /// `/opt/paddock/zkserver (1.0.0)`
        case found(String)
        /// Why.
        case unusable(String)
    }

    /// What was found on the machine.
    package struct Facts: Hashable, Sendable {
        package var bundled = BundledServer.unusable("nobody looked")
        /// Apache's distributions: `/usr/share/zookeeper (3.8.0)`.
        package var apache: [String] = []
        /// `/usr/bin/java (17.0.15)`; nil without one.
        package var java: String?
        package var openFiles: UInt64 = 0
        /// Of the ports that a first ensemble takes, those that are taken: port and holder.
        package var takenPorts: [String] = []
        /// The ensembles of this state directory that hold some of those ports.
        package var ownHolders: [String] = []
        package var stateDirectory = ""
        package var isStateDirectoryWritable = false
        /// Bytes.
        package var freeDisk: UInt64 = 0
        package var availableMemory: UInt64 = 0
        package var cores = 0
        /// Nil when the kernel does not say.
        package var isClockSynchronised: Bool?

        package init() {}
    }

    /// In a fixed order; the same facts give the same findings.
    package static func findings(_ facts: Facts) -> [Finding] {
        [
            bundled(facts.bundled), apache(facts.apache), java(facts),
            facts.openFiles >= 1024
                ? Finding(subject: "open files", state: .good, text: "\(facts.openFiles) may be open in one process")
                : Finding(
                    subject: "open files", state: .warning,
                    text: "only \(facts.openFiles) may be open in one process; each client connection is one",
                    mend: "raise it: ulimit -n 65536"),
            facts.takenPorts.isEmpty
                ? Finding(
                    subject: "ports", state: .good,
                    text: facts.ownHolders.isEmpty
                        ? "those of a first ensemble are free"
                        : "those of a first ensemble are held by \(facts.ownHolders.joined(separator: ", ")), which runs here"
                )
                : Finding(
                    subject: "ports", state: .warning, text: "taken: \(facts.takenPorts.joined(separator: ", "))",
                    mend: "stop what holds them, or write `ports: auto` or other ports into the topology"),
            facts.isStateDirectoryWritable
                ? Finding(subject: "state directory", state: .good, text: facts.stateDirectory)
                : Finding(
                    subject: "state directory", state: .missing, text: "\(facts.stateDirectory) cannot be written to",
                    mend: "choose another one with --state-dir or PADDOCK_HOME"),
            facts.freeDisk >= 1 << 30
                ? Finding(subject: "disk", state: .good, text: "\(facts.freeDisk >> 20) MB free")
                : Finding(
                    subject: "disk", state: .warning, text: "only \(facts.freeDisk >> 20) MB free",
                    mend: "make room: ZooKeeper keeps its log and snapshots there, and stops when it cannot write"),
            facts.availableMemory >= 512 << 20
                ? Finding(
                    subject: "memory", state: .good,
                    text: "\(facts.availableMemory >> 20) MB available, \(facts.cores) cores")
                : Finding(
                    subject: "memory", state: .warning, text: "only \(facts.availableMemory >> 20) MB available",
                    mend:
                        "an idle server on a JVM takes about 80 MB, a bundled one a tenth: run fewer servers or free some memory"
                ),
            clock(facts.isClockSynchronised),
        ]
    }

    private static func bundled(_ found: BundledServer) -> Finding {
        switch found {
        case .found(let text): Finding(subject: "bundled", state: .good, text: text)
        case .unusable(let why):
            Finding(
                subject: "bundled", state: .missing, text: "the bundled server cannot be used: \(why)",
                mend: "do what that says: nothing boots without a server")
        }
    }

    /// Nothing is lacking without Apache's servers, unless a topology asks for them.
    private static func apache(_ found: [String]) -> Finding {
        Finding(
            subject: "apache", state: .good,
            text: found.isEmpty
                ? "none is installed; only `engine: apache` needs it: apt-get install zookeeper default-jre-headless"
                : found.joined(separator: ", "))
    }

    private static func java(_ facts: Facts) -> Finding {
        if let java = facts.java { return Finding(subject: "java", state: .good, text: java) }
        guard !facts.apache.isEmpty else {
            return Finding(subject: "java", state: .good, text: "none is installed; only `engine: apache` needs it")
        }
        return Finding(
            subject: "java", state: .warning, text: "none is installed, and `engine: apache` needs it",
            mend: "apt-get install default-jre-headless, or set JAVA_HOME")
    }

    private static func clock(_ isSynchronised: Bool?) -> Finding {
        switch isSynchronised {
        case true?: Finding(subject: "clock", state: .good, text: "synchronised")
        case false?:
            Finding(
                subject: "clock", state: .warning, text: "the kernel says that it is not synchronised",
                mend: "run chrony or systemd-timesyncd; on one machine alone it does no harm")
        case nil: Finding(subject: "clock", state: .good, text: "the kernel does not tell")
        }
    }
}

import Diagnostics
import Membership

/// One run over one zoo.cfg. The rules are in the extensions, by subject.
struct ConfigChecker {
    let cfg: ZooCfg
    let file: String?
    let surroundings: ZooCfg.Surroundings
    /// What will run the server; nil: whoever.
    let engine: ServerEngine?
    /// The entries that count, by key.
    let effective: [String: ZooCfg.Entry]
    var problems: [Diagnostic] = []

    /// The server, group and weight lines of zoo.cfg, or of the dynamic file when there is one.
    var quorum = EnsembleConfiguration.Reading()
    /// Where the server lines stand.
    var quorumFile: String?
    /// The id in myid, once read.
    var ownID: ServerID?
    /// Whether the server is in a quorum, where that is known from elsewhere.
    var isEnsemble: Bool?

    init(cfg: ZooCfg, file: String?, surroundings: ZooCfg.Surroundings, engine: ServerEngine? = nil) {
        self.cfg = cfg
        self.file = file
        self.surroundings = surroundings
        self.engine = engine
        effective = Dictionary(cfg.effectiveEntries.map { ($0.key, $0) }) { _, last in last }
    }

    mutating func run() -> [Diagnostic] {
        checkText()
        checkValues()
        checkQuorum()
        adviseOnMembers()
        checkIdentity()
        checkClientAddress()
        checkLimits()
        adviseOnLimits()
        checkSecurity()
        checkWhitelist()
        checkDirectories()
        adviseOnDirectories()
        checkPorts()
        checkHosts()
        return inOrder
    }

    /// What the server itself goes by.
    mutating func judge() -> [Diagnostic] {
        checkText()
        checkValues()
        checkQuorum()
        checkIdentity()
        checkClientAddress()
        checkLimits()
        checkSecurity()
        checkDirectories()
        return inOrder
    }

    /// A dynamic file alone, which says nothing about any one server.
    mutating func runOnMembers(_ text: String) -> [Diagnostic] {
        isEnsemble = true
        readMembers(text, file)
        checkMembers()
        adviseOnMembers()
        checkPorts()
        checkHosts()
        return inOrder
    }

    private var inOrder: [Diagnostic] {
        let order = [file, quorumFile].compactMap(\.self)
        return problems.enumerated().sorted { left, right in
            rank(left, order) < rank(right, order)
        }.map(\.element)
    }

    /// zoo.cfg first, then the dynamic file, then others; by place; then as found.
    private func rank(_ item: (offset: Int, element: Diagnostic), _ order: [String]) -> (Int, Int, Int, Int) {
        let fileRank = item.element.file.map { order.firstIndex(of: $0) ?? order.count } ?? 0
        let place = item.element.location
        return (fileRank, place?.line ?? Int.max, place?.column ?? 0, item.offset)
    }

    func value(_ key: String) -> String? { effective[key]?.value }

    /// The number of `key`, or its default; nil when the value is unreadable, which another rule reports.
    func number(_ key: String) -> Int64? {
        guard let text = value(key) ?? KnownKeys.key(key)?.defaultValue else { return nil }
        return Int64(text)
    }

    func isTrue(_ key: String) -> Bool {
        (value(key) ?? KnownKeys.key(key)?.defaultValue)?.lowercased() == "true"
    }

    /// The server runs in a quorum (and not alone).
    var isDistributed: Bool { isEnsemble ?? cfg.isDistributed(quorum.config) }

    mutating func error(
        _ rule: Rule, _ place: SourceLocation?, _ message: String, mend: String?, in other: String? = nil,
        edit: Edit? = nil
    ) {
        report(.error, rule, place, message, mend: mend, in: other, edit: edit)
    }

    mutating func warn(
        _ rule: Rule, _ place: SourceLocation?, _ message: String, mend: String?, in other: String? = nil,
        edit: Edit? = nil
    ) {
        report(.warning, rule, place, message, mend: mend, in: other, edit: edit)
    }

    mutating func report(
        _ severity: Diagnostic.Severity, _ rule: Rule, _ place: SourceLocation?, _ message: String, mend: String?,
        in other: String? = nil, edit: Edit? = nil
    ) {
        problems.append(
            Diagnostic(severity, rule: rule, file: other ?? file, at: place, message, mend: mend, edit: edit))
    }
}

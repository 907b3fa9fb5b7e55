import Diagnostics
import Membership

/// What opens the server too wide, or does not fit together.
extension ConfigChecker {
    /// The words of ZooKeeper 3.8, and whether a stranger may do harm with them: they list clients and paths, cost as
    /// much as there are watches, or change the server.
    static let fourLetterWords: [String: Bool] = [
        "conf": false, "cons": true, "crst": true, "dirs": false, "dump": true, "envi": true, "gtmk": false,
        "hash": false, "isro": false, "mntr": false, "ruok": false, "srst": true, "srvr": false, "stat": false,
        "stmk": true, "wchc": true, "wchp": true, "wchs": false,
    ]

    mutating func checkSecurity() {
        checkSasl()
        checkEnforcedSchemes()
        checkTLS()
        checkMetricsProvider()
        checkUnsupported()
    }

    mutating func checkWhitelist() {
        guard let entry = effective["4lw.commands.whitelist"] else { return }
        let text = entry.placedValue
        let words = text.text.split(separator: ",")
        var harmful: [String] = []
        for word in words {
            let name = JavaText.trimmed(word)
            if name == "*" { continue }
            guard let isHarmful = Self.fourLetterWords[name] else {
                warn(
                    .whitelistWord, text.location(at: word.startIndex),
                    "'\(name)' is no four-letter word of ZooKeeper", mend: "remove it",
                    edit: .set(
                        key: "4lw.commands.whitelist",
                        value: words.filter { $0 != word }.map { JavaText.trimmed($0) }.joined(separator: ", ")))
                continue
            }
            if isHarmful { harmful.append(name) }
        }
        guard clientsComeFromElsewhere else { return }
        if words.contains(where: { JavaText.trimmed($0) == "*" }) {
            warn(
                .whitelistWide, entry.location,
                "every four-letter word is open to anyone who reaches the client port; wchc and wchp can stall the server",
                mend: "name the words you need, e.g. srvr, mntr, ruok, isro", edit: Self.modestWords)
        } else if !harmful.isEmpty {
            warn(
                .whitelistWide, entry.location,
                "anyone who reaches the client port may use \(harmful.joined(separator: ", "))",
                mend: "name only the words you need, e.g. srvr, mntr, ruok, isro", edit: Self.modestWords)
        }
    }

    private static let modestWords = Edit.set(key: "4lw.commands.whitelist", value: "srvr, mntr, ruok, isro")

    /// Not when this server is known to take clients on the loopback interface only.
    private var clientsComeFromElsewhere: Bool {
        let own = ownID.flatMap { quorum.config.server($0) }
        if let host = own?.client?.host ?? value("clientPortAddress") { return !HostAddress.isLoopback(host) }
        let lines = quorum.config.servers
        if own == nil, !lines.isEmpty {
            return !lines.allSatisfy { $0.client?.host.map(HostAddress.isLoopback) ?? false }
        }
        return true
    }

    /// Source: the end of `QuorumPeerConfig.parseProperties`.
    private mutating func checkSasl() {
        let (enable, server, learner) = (
            "quorum.auth.enableSasl", "quorum.auth.serverRequireSasl", "quorum.auth.learnerRequireSasl"
        )
        for (key, needed) in [(server, enable), (learner, enable), (server, learner)]
        where isTrue(key) && !isTrue(needed) {
            error(
                .quorumSASL, effective[key]?.location, "\(key) needs \(needed)=true",
                mend: "write \(needed)=true, or remove \(key)", edit: .set(key: needed, value: "true"))
        }
        if engine != .apache {
            for key in ["java.security.auth.login.config", "sasl.usersPath"] { checkFile(key, .saslFile) }
        }
    }
}

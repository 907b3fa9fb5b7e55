import Mustache
import ServerConfig
import Templates
import Topology

/// The text of the files that one server is given. The same topology gives the same bytes, always.
package struct ServerFiles {
    /// Where a server's zoo.cfg finds the members of the ensemble.
    package enum Membership: Hashable, Sendable {
        /// In lines of its own.
        case inline
        /// In the file that the server itself wrote when the ensemble was reconfigured. The client port may be there too.
        case dynamic(file: String, hasClientPort: Bool)
    }

    package var topology: Topology
    package var layout: EnsembleLayout

    package init(topology: Topology, layout: EnsembleLayout) {
        self.topology = topology
        self.layout = layout
    }

    /// The words the toolkit itself asks servers with, and those that are harmless and useful in a bug report.
    static let fourLetterWords = "conf, dirs, isro, mntr, ruok, srvr, stat, wchs"

    package func myid(_ server: TopologyServer) -> String { MyID.text(server.id) }

    package func connect() -> String { topology.connectString + "\n" }

    package func zooCfg(_ server: TopologyServer, membership: Membership = .inline) -> String {
        let isListed = membership == .inline && !topology.isStandalone
        let members = isListed ? topology.configuration.lines(topology.lineStyle) : []
        let values: MustacheValue = [
            "ensemble": .text(topology.ensemble),
            "id": "\(server.id)",
            "role": .text(topology.isStandalone ? "standalone" : server.role.rawValue),
            "settings": lines(settings(server, membership).map { ZooCfg.printed($0.key, $0.value) }),
            "hasMembers": .flag(!members.isEmpty),
            "members": lines(members),
        ]
        return Templates.zooCfg(values)
    }

    private func lines(_ texts: [String]) -> MustacheValue { .list(texts.map { .text($0) }, text: "") }

    /// What of a zoo.cfg stays until the topology changes it: the server itself writes its members where it may be reconfigured.
    package func lasting(_ server: TopologyServer) -> String {
        let isReconfigured = !topology.isStandalone && server.setting("reconfigEnabled")?.lowercased() == "true"
        return zooCfg(server, membership: isReconfigured ? .dynamic(file: "", hasClientPort: true) : .inline)
    }

    /// The keys of a zoo.cfg in their order: the generator's own, then the user's others as they stand in the topology.
    private func settings(_ server: TopologyServer, _ membership: Membership) -> [Setting] {
        var settings: [Setting] = []
        func own(_ key: String, _ value: String) { settings.append(Setting(key, server.setting(key) ?? value)) }
        own("tickTime", "2000")
        own("initLimit", "10")
        own("syncLimit", "5")
        let place = layout.server(server.id)
        settings.append(Setting("dataDir", place.data))
        if let dataLog = place.dataLog { settings.append(Setting("dataLogDir", dataLog)) }
        let hasClientPort =
            switch membership {
            case .inline: topology.isStandalone || topology.lineStyle == .classic
            case .dynamic(_, let hasClientPort): hasClientPort
            }
        if hasClientPort {
            settings.append(Setting("clientPort", "\(server.ports.client)"))
            settings.append(Setting("clientPortAddress", server.host))
        }
        if server.setting("admin.enableServer") != "false" {
            own("admin.serverAddress", server.host)
            settings.append(Setting("admin.serverPort", "\(server.ports.admin)"))
        }
        own("4lw.commands.whitelist", Self.fourLetterWords)
        if isClosed(server) { own("quorum.membersOnly", "true") }
        let written = Set(settings.map(\.key))
        settings += server.settings.filter { !written.contains($0.key) }
        switch membership {
        case .inline: if server.role == .observer { settings.append(Setting("peerType", "observer")) }
        case .dynamic(let file, _): settings.append(Setting("dynamicConfigFile", file))
        }
        return settings
    }

    /// Whether a leader accepts only servers that are members (`quorum.membersOnly`): where the ensemble can be asked to name who joins before that starts.
    /// Where members come from files, a voter has to be there before those that count on it are restarted with the new list.
    private func isClosed(_ server: TopologyServer) -> Bool {
        server.engine == .bundled && !topology.isStandalone && server.setting("reconfigEnabled")?.lowercased() == "true"
    }
}

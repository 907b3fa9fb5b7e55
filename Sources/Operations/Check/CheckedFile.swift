import Diagnostics
import Membership
import Provisioning
import ServerConfig
import Topology

/// A file that was checked, with all that was found.
package struct CheckedFile: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case topology
        case zooCfg = "zoo.cfg"
        case dynamicConfig = "dynamic configuration"
        /// No file: servers that were asked.
        case remote = "running servers"
    }

    /// As the user named it.
    package var file: String
    package var kind: Kind
    /// The texts that problems have their places in, by file: this one's, and those of what belongs to it.
    package var sources: [String: String]
    /// In the order of the file.
    package var problems: [Diagnostic]
    /// Whether a zoo.cfg was checked as one of this machine.
    package var place: ZooCfgFile.Place?
}

extension CheckedFile.Kind {
    /// What a file is: by its name, else by its first line that is neither blank nor a comment.
    package init(file: String, text: String) {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            self = .topology
        } else if name.contains(".dynamic") || Self.isDynamic(text, name) {
            self = .dynamicConfig
        } else if name.hasSuffix(".cfg") || name.hasSuffix(".properties") || name.contains(".cfg.") {
            self = .zooCfg
        } else {
            // `key: value` is possible in both, but no key of a zoo.cfg is one of a topology's.
            let first = text.split(whereSeparator: \.isNewline).first { line in
                let start = line.first { !$0.isWhitespace }
                return start != nil && start != "#" && start != "!"
            }
            let key = first?.prefix { $0 != ":" && $0 != "=" && !$0.isWhitespace }
            self = key.map { Self.topologyKeys.contains(String($0)) } == true ? .topology : .zooCfg
        }
    }

    /// A file with nothing but members, and not by the name of a zoo.cfg.
    private static func isDynamic(_ text: String, _ name: String) -> Bool {
        let entries = ZooCfg(text: text).entries
        return !name.hasSuffix(".cfg") && entries.contains { $0.key.hasPrefix("server.") }
            && entries.allSatisfy { EnsembleConfiguration.isKey($0.key) || $0.key == "version" }
    }

    private static let topologyKeys = ["---"] + TopologyKey.names(.topology)
}

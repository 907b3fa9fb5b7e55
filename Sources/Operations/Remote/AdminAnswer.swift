import FoundationEssentials
import Planning
import ZooKeeperClient

/// What a server says on its admin port (`/commands/…`): what it may not say by four-letter words.
enum AdminAnswer {
    /// Where Apache's server has it by itself.
    static let defaultPort = 8080

    /// The values of one command; nil where nothing answers there, or something else does.
    static func values(of command: String, _ server: ServerAddress, timeout: Duration) async -> [String: String]? {
        // HTTP/1.0: the answer is whole when the connection ends.
        let request = FourLetterWord(rawValue: "GET /commands/\(command) HTTP/1.0\r\nHost: \(server)\r\n\r\n")
        guard let answer = try? await FourLetterWords.send(request, to: server, timeout: timeout),
            let head = answer.firstRange(of: "\r\n\r\n"), answer.hasPrefix("HTTP/1."),
            answer.prefix(13).contains(" 200"),
            let values = try? JSONDecoder().decode([String: Scalar].self, from: Data(answer[head.upperBound...].utf8))
        else { return nil }
        return values.compactMapValues(\.text)
    }

    /// `conf`, with its names; nil where it is another server's.
    ///
    /// - Parameter isSecure: `client` is its port for TLS, which it does not say here: that it has no other one does.
    static func configuration(
        _ client: ServerAddress, port: Int, timeout: Duration, isSecure: Bool = false
    ) async -> [String: String]? {
        let admin = ServerAddress(host: client.host, port: port)
        guard let values = await values(of: "configuration", admin, timeout: timeout), let own = values["client_port"],
            isSecure ? ["0", "-1"].contains(own) : own == "\(client.port)"
        else { return nil }
        let names = [
            "serverId": "server_id", "clientPort": "client_port", "dataDir": "data_dir", "dataLogDir": "data_log_dir",
            "tickTime": "tick_time", "initLimit": "init_limit", "syncLimit": "sync_limit",
            "maxClientCnxns": "max_client_cnxns", "minSessionTimeout": "min_session_timeout",
            "maxSessionTimeout": "max_session_timeout",
        ]
        return names.compactMapValues { values[$0] }
    }

    /// A number or a text; anything else is left out.
    private struct Scalar: Decodable {
        var text: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                text = "\(number)"
            } else {
                text = try? container.decode(String.self)
            }
        }
    }
}

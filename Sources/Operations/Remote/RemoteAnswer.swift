import Membership
import Planning
import ZooKeeperClient
import ZooKeeperProtocol

/// What a server of which only the address is known says of itself.
struct RemoteAnswer: Sendable {
    var address: ServerAddress
    var answer: ServerObservation.Answer
    /// Its id; nil where it does not say.
    var id: ServerID?
    /// Who is in its ensemble; nil where it does not say, and when it stands alone.
    var configuration: EnsembleConfiguration?
    /// What `conf` answers, by its names; nil where that is refused.
    var settings: [String: String]?
    /// The words that it refuses, of which its admin server does not say the same either.
    var refused: [String] = []

    /// - Parameters:
    ///   - adminPort: where its admin server may be; asked only for what words may not say.
    ///   - tls: nil: it is asked in plain text.
    /// - Throws: where no server can be asked over TLS at all.
    static func ask(
        _ address: ServerAddress, adminPort: Int = AdminAnswer.defaultPort, timeout: Duration, tls: RemoteTLS? = nil
    ) async throws -> RemoteAnswer {
        var found = RemoteAnswer(address: address, answer: .notServing)
        do {
            let words = try await Words(address, timeout, tls)
            let statistics = try FourLetterWords.srvr(answer: try words.srvr.get(), of: address)
            var serving = ServerObservation.Serving(statistics)
            let values = words.mntr.flatMap { answer in
                Result(catching: { try FourLetterWords.mntr(answer: answer, of: address) })
            }
            let settings = words.conf.flatMap { answer in
                Result(catching: { try FourLetterWords.conf(answer: answer, of: address) })
            }
            if let values = try? values.get() { serving.take(values) }
            found.configuration = (try? settings.get()).flatMap { ServerAnswer.configuration($0) }
            found.settings = (try? settings.get()).map { values in
                Dictionary(values.entries.map { ($0.name, $0.value) }) { $1 }
            }
            for (word, result) in [("mntr", values), ("conf", settings)] {
                if case .failure(let error as FourLetterWordError) = result, error.reason == .notInWhitelist {
                    found.refused.append(word)
                }
            }
            if !found.refused.isEmpty {
                await found.askAdmin(&serving, adminPort, timeout, isSecure: tls != nil)
            }
            found.answer = .serving(serving)
            found.id = found.settings?["serverId"].flatMap { ServerID($0) }
            // A server alone says 0, or what is in a myid that nobody reads.
            if serving.role == .standalone { found.id = nil }
        } catch let error as FourLetterWordError {
            switch error.reason {
            case .notServing: found.answer = .notServing
            case .notInWhitelist:
                found.answer = .silent("it refuses even srvr; add it to 4lw.commands.whitelist in its zoo.cfg")
                found.refused = ["srvr"]
            default: found.answer = .silent(await Self.why(error.reason, address, tls))
            }
        } catch let error as OperationError {
            throw error
        } catch {
            found.answer = .silent("\(error)")
        }
        return found
    }

    /// What a server says to the words; to the others only where it says something to `srvr`.
    private struct Words {
        var srvr: Result<String, any Error>
        var mntr: Result<String, any Error>
        var conf: Result<String, any Error>

        init(_ address: ServerAddress, _ timeout: Duration, _ tls: RemoteTLS?) async throws {
            if let tls {
                let reply = try await tls.ask(address, [.srvr, .mntr, .conf], timeout: timeout)
                func result(_ word: FourLetterWord) -> Result<String, any Error> {
                    switch reply[word] {
                    case .text(let text): .success(text)
                    case .nothing(let reason):
                        .failure(FourLetterWordError(word: word, server: address, reason: reason))
                    case nil: .failure(FourLetterWordError(word: word, server: address, reason: .timedOut(timeout)))
                    }
                }
                (srvr, mntr, conf) = (result(.srvr), result(.mntr), result(.conf))
                return
            }
            srvr = .success(try await FourLetterWords.send(.srvr, to: address, timeout: timeout))
            async let mntr = Result { try await FourLetterWords.send(.mntr, to: address, timeout: timeout) }
            async let conf = Result { try await FourLetterWords.send(.conf, to: address, timeout: timeout) }
            (self.mntr, self.conf) = await (mntr, conf)
        }
    }

    /// Why a server does not answer, looked into where it may be asked in the wrong language.
    private static func why(
        _ reason: FourLetterWordError.Reason, _ address: ServerAddress, _ tls: RemoteTLS?
    ) async -> String {
        let patience = Duration.seconds(1)
        if case .unreachable = reason { return tls?.words(reason, of: address) ?? words(reason) }
        guard let tls else {
            return await PortLanguage.isTLS(address, timeout: patience) ? PortLanguage.wantsTLS : words(reason)
        }
        return await PortLanguage.isPlain(address, timeout: patience)
            ? PortLanguage.wantsPlain : tls.words(reason, of: address)
    }

    /// Makes up for words that are refused, where the admin server can be reached and is this server's.
    private mutating func askAdmin(
        _ serving: inout ServerObservation.Serving, _ port: Int, _ timeout: Duration, isSecure: Bool
    ) async {
        guard
            let configuration = await AdminAnswer.configuration(
                address, port: port, timeout: timeout, isSecure: isSecure)
        else { return }
        if settings == nil { settings = configuration }
        refused.removeAll { $0 == "conf" }
        guard refused.contains("mntr") else { return }
        let admin = ServerAddress(host: address.host, port: port)
        guard let values = await AdminAnswer.values(of: "monitor", admin, timeout: timeout) else { return }
        refused.removeAll { $0 == "mntr" }
        serving.uptime = values["uptime"].flatMap { Int($0) }.map { .milliseconds($0) }
        serving.digestMismatches = values["digest_mismatches_count"].flatMap { Int($0) }
        if serving.role == .leader {
            serving.syncedFollowers = values["synced_followers"].flatMap { Int($0) }
            serving.syncedObservers = values["synced_observers"].flatMap { Int($0) }
        }
    }

    /// What a failure to reach a server means, for whoever has to find out where it is lost.
    static func words(_ reason: FourLetterWordError.Reason) -> String {
        switch reason {
        case .unreachable(let why) where why.lowercased().contains("refused"):
            "\(why): nothing listens there, or a firewall refuses it"
        case .unreachable(let why) where why.hasPrefix("no answer"):
            "\(why): the host is down or cut off, or a firewall drops it"
        case .timedOut:
            "\(reason): it takes the connection and says nothing; the process hangs, or is stopped"
        case .unreachable, .connectionLost, .answerTooLong, .notInWhitelist, .notServing, .unexpectedAnswer: "\(reason)"
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

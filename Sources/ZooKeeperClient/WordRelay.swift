/// Four-letter words that one program asks for another: one that has TLS for one that has not. The request is the whole standard input
/// of `zkcli-tls --words`, so that no other user of the machine sees a password in it; the reply is its standard output.
package struct WordRequest: Hashable, Sendable {
    /// A property of the client, as in `CLIENT_JVMFLAGS`, and who says it; it goes before those of the environment.
    package struct Property: Hashable, Sendable {
        package var key: String
        package var value: String
        package var place: String

        package init(_ key: String, _ value: String, from place: String) {
            self.key = key
            self.value = value
            self.place = place
        }
    }

    package var server: ServerAddress
    package var words: [FourLetterWord]
    /// For each word.
    package var timeout: Duration
    package var properties: [Property]

    package init(
        server: ServerAddress, words: [FourLetterWord], timeout: Duration, properties: [Property] = []
    ) {
        self.server = server
        self.words = words
        self.timeout = timeout
        self.properties = properties
    }

    /// No argument and no line of a file has a null in it.
    private static let separator: Character = "\0"

    package var text: String {
        let milliseconds = timeout / .milliseconds(1)
        let head = [
            server.host, "\(server.port)", "\(Int(milliseconds))", words.map(\.rawValue).joined(separator: ","),
        ]
        return (head + properties.flatMap { [$0.key, $0.value, $0.place] }).joined(separator: String(Self.separator))
    }

    package init?(text: String) {
        let fields = text.split(separator: Self.separator, omittingEmptySubsequences: false).map(String.init)
        guard fields.count >= 4, (fields.count - 4) % 3 == 0, let port = Int(fields[1]),
            let milliseconds = Int(fields[2])
        else { return nil }
        self.init(
            server: ServerAddress(host: fields[0], port: port),
            words: fields[3].split(separator: ",").map { FourLetterWord(rawValue: String($0)) },
            timeout: .milliseconds(milliseconds),
            properties: stride(from: 4, to: fields.count, by: 3).map {
                Property(fields[$0], fields[$0 + 1], from: fields[$0 + 2])
            })
    }

    /// Asks all the words at the same time.
    package func reply(over transport: (any ClientTransport)?) async -> WordReply {
        await withTaskGroup(of: (Int, WordReply.Answer).self) { group in
            for (index, word) in words.enumerated() {
                group.addTask { (index, await answer(to: word, transport)) }
            }
            var answers: [(Int, WordReply.Answer)] = []
            for await answer in group { answers.append(answer) }
            return WordReply(answers: answers.sorted { $0.0 < $1.0 }.map { (words[$0.0], $0.1) })
        }
    }

    private func answer(to word: FourLetterWord, _ transport: (any ClientTransport)?) async -> WordReply.Answer {
        do {
            guard word == .configuration else {
                return .text(try await FourLetterWords.send(word, to: server, timeout: timeout, transport: transport))
            }
            return .text(
                try await FourLetterWords.configuration(server, timeout: timeout, transport: transport) ?? "")
        } catch let error as FourLetterWordError {
            return .nothing(error.reason)
        } catch {
            return .nothing(.connectionLost("\(error)"))
        }
    }
}

/// What the servers answered to a ``WordRequest``.
package struct WordReply: Sendable {
    package enum Answer: Hashable, Sendable {
        case text(String)
        case nothing(FourLetterWordError.Reason)
    }

    package var answers: [(word: FourLetterWord, answer: Answer)]

    package init(answers: [(FourLetterWord, Answer)]) {
        self.answers = answers.map { (word: $0.0, answer: $0.1) }
    }

    /// For each word a line with it, how it ended and the number of bytes that follow.
    package var bytes: [UInt8] {
        answers.flatMap { word, answer in
            let (outcome, text): (String, String) =
                switch answer {
                case .text(let text): ("answer", text)
                case .nothing(.unreachable(let why)): ("unreachable", why)
                case .nothing(.timedOut(let timeout)): ("timedOut", "\(Int(timeout / .milliseconds(1)))")
                case .nothing(.connectionLost(let why)): ("connectionLost", why)
                case .nothing(.answerTooLong): ("answerTooLong", "")
                case .nothing(.notInWhitelist): ("notInWhitelist", "")
                case .nothing(.notServing): ("notServing", "")
                case .nothing(.unexpectedAnswer(let beginning)): ("unexpectedAnswer", beginning)
                }
            return Array("\(word.rawValue) \(outcome) \(text.utf8.count)\n\(text)".utf8)
        }
    }

    /// Nil when that is not what `bytes` makes.
    package init?(bytes: [UInt8]) {
        var rest = bytes[...]
        answers = []
        while !rest.isEmpty {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let head = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            rest = rest[(end + 1)...]
            guard head.count == 3, let count = Int(head[2]), (0...rest.count).contains(count) else { return nil }
            let text = String(decoding: rest.prefix(count), as: UTF8.self)
            rest = rest.dropFirst(count)
            let answer: Answer
            switch head[1] {
            case "answer": answer = .text(text)
            case "unreachable": answer = .nothing(.unreachable(text))
            case "timedOut":
                guard let milliseconds = Int(text) else { return nil }
                answer = .nothing(.timedOut(.milliseconds(milliseconds)))
            case "connectionLost": answer = .nothing(.connectionLost(text))
            case "answerTooLong": answer = .nothing(.answerTooLong)
            case "notInWhitelist": answer = .nothing(.notInWhitelist)
            case "notServing": answer = .nothing(.notServing)
            case "unexpectedAnswer": answer = .nothing(.unexpectedAnswer(text))
            default: return nil
            }
            answers.append((FourLetterWord(rawValue: String(head[0])), answer))
        }
    }

    package subscript(_ word: FourLetterWord) -> Answer? { answers.first { $0.word == word }?.answer }
}

extension FourLetterWord {
    /// No word of servers: the text of /zookeeper/config, which a session reads.
    package static let configuration = FourLetterWord(rawValue: "config")
}

extension FourLetterWords {
    /// The text of /zookeeper/config, which anybody may read; nil where it is empty.
    package static func configuration(
        _ server: ServerAddress, timeout: Duration, transport: (any ClientTransport)? = nil
    ) async throws -> String? {
        var options = ClientConfiguration()
        (options.requestTimeout, options.connectTimeout) = (timeout, timeout)
        options.failsWithoutConnection = true
        options.transport = transport
        return try await ZooKeeperClient.with(ConnectString(servers: [server]), configuration: options) {
            try await $0.getConfiguration().text
        }
    }
}

/// A login configuration of Java (`-Djava.security.auth.login.config`): sections of login modules with their options, as the JDK's
/// `ConfigFile` reads it.
///
/// ```
/// Server {
///     org.apache.zookeeper.server.auth.DigestLoginModule required
///     user_bob="secret";
/// };
/// ```
package struct JAASFile: Hashable, Sendable {
    package struct Module: Hashable, Sendable {
        package var name: String
        package var options: [String: String]

        /// Whether it is the module that holds users and passwords; of all others Paddock has none.
        package var isDigest: Bool { name == "org.apache.zookeeper.server.auth.DigestLoginModule" }
        package var isKerberos: Bool { name.hasSuffix(".Krb5LoginModule") }
    }

    /// Why a file cannot be read, or a section not be used.
    package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    package private(set) var sections: [String: [Module]] = [:]

    package init(_ text: String) throws(Problem) {
        var words = JAASWords(text)
        while let name = try words.nextWord() {
            try words.expect("{")
            var modules: [Module] = []
            while !words.takes("}") { modules.append(try words.readModule()) }
            try words.expect(";")
            guard sections.updateValue(modules, forKey: name) == nil else {
                throw words.problem("section \(name) is there twice")
            }
        }
    }

    /// The users and passwords of a server's section; nil when there is no such section, or nothing in it.
    package func users(of section: String) throws(Problem) -> [String: String]? {
        guard let modules = sections[section], !modules.isEmpty else { return nil }
        var users: [String: String] = [:]
        for module in try digest(modules, of: section) {
            for (name, value) in module.options where name.hasPrefix("user_") {
                users[String(name.dropFirst(5))] = value
            }
        }
        return users
    }

    /// The name and password of a client's section; nil when there is no such section, or nothing in it.
    package func login(of section: String) throws(Problem) -> (user: String, password: String)? {
        guard let modules = sections[section], !modules.isEmpty else { return nil }
        let options = try digest(modules, of: section).first?.options ?? [:]
        guard let user = options["username"], let password = options["password"] else {
            throw Problem(
                description: "section \(section) has no username=\"…\" and password=\"…\"")
        }
        return (user, password)
    }

    private func digest(_ modules: [Module], of section: String) throws(Problem) -> [Module] {
        for module in modules where !module.isDigest {
            let name = module.isKerberos ? "Kerberos (\(module.name))" : module.name
            throw Problem(
                description:
                    "section \(section) asks for \(name), and there is DIGEST-MD5 only: use org.apache.zookeeper.server.auth.DigestLoginModule"
            )
        }
        return modules
    }
}

/// The words of such a file, read as Java's `StreamTokenizer` is set up for it.
private struct JAASWords {
    private enum Word: Equatable {
        case word(String)
        case mark(Character)
    }

    private var rest: Substring
    private var line = 1
    private var ahead: Word?

    init(_ text: String) { rest = text[...] }

    func problem(_ what: String) -> JAASFile.Problem { JAASFile.Problem(description: "line \(line): \(what)") }

    /// The next name of a section; nil at the end of the file.
    mutating func nextWord() throws(JAASFile.Problem) -> String? {
        switch try next() {
        case nil: return nil
        case .word(let word)?: return word
        case .mark(let mark)?: throw problem("'\(mark)' stands where a section's name should")
        }
    }

    mutating func expect(_ mark: Character) throws(JAASFile.Problem) {
        guard try next() == .mark(mark) else { throw problem("'\(mark)' is missing") }
    }

    /// Goes over `mark` if it is next. What cannot be read is reported by who reads it.
    mutating func takes(_ mark: Character) -> Bool {
        var other = self
        guard (try? other.next()) == .mark(mark) else { return false }
        self = other
        return true
    }

    mutating func readModule() throws(JAASFile.Problem) -> JAASFile.Module {
        let name = try word("the name of a login module")
        let flag = try word("required, requisite, sufficient or optional")
        guard ["required", "requisite", "sufficient", "optional"].contains(flag.lowercased()) else {
            throw problem("'\(flag)' is none of required, requisite, sufficient and optional")
        }
        var options: [String: String] = [:]
        while !takes(";") {
            let key = try word("an option, or ';' behind the last one,")
            try expect("=")
            let value = try word("the value of \(key) (in quotes)")
            guard !value.contains("${") else { throw problem("${…} in the value of \(key) is not replaced here") }
            options[key] = value
        }
        return JAASFile.Module(name: name, options: options)
    }

    private mutating func word(_ what: String) throws(JAASFile.Problem) -> String {
        guard case .word(let word)? = try next() else { throw problem("\(what) is missing") }
        return word
    }

    private mutating func next() throws(JAASFile.Problem) -> Word? {
        while let character = rest.first {
            if character.isNewline { line += 1 }
            if character.isWhitespace {
                rest.removeFirst()
            } else if rest.hasPrefix("/*") {
                try skipComment()
            } else if character == "/" {
                rest = rest.drop { !$0.isNewline }
            } else if character == "\"" {
                return .word(try quoted())
            } else if Self.isLetter(character) {
                let word = rest.prefix { Self.isLetter($0) || $0 == "." || $0.isASCII && $0.isNumber }
                rest = rest.dropFirst(word.count)
                return .word(String(word))
            } else {
                rest.removeFirst()
                return .mark(character)
            }
        }
        return nil
    }

    private mutating func skipComment() throws(JAASFile.Problem) {
        let began = line
        rest = rest.dropFirst(2)
        while !rest.hasPrefix("*/") {
            guard let character = rest.popFirst() else {
                line = began
                throw problem("a comment is not closed")
            }
            if character.isNewline { line += 1 }
        }
        rest = rest.dropFirst(2)
    }

    /// A string within one line, with Java's escapes.
    private mutating func quoted() throws(JAASFile.Problem) -> String {
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == "\"" { return text }
            if character.isNewline { break }
            guard character == "\\" else {
                text.append(character)
                continue
            }
            guard let escaped = rest.popFirst(), !escaped.isNewline else { break }
            switch escaped {
            case "n": text += "\n"
            case "t": text += "\t"
            case "r": text += "\r"
            case "a": text += "\u{7}"
            case "b": text += "\u{8}"
            case "f": text += "\u{c}"
            case "v": text += "\u{b}"
            case "0"..."7":
                // Up to three digits, up to 0o377.
                var digits = String(escaped)
                while let digit = rest.first, ("0"..."7").contains(digit), digits.count < (escaped < "4" ? 3 : 2) {
                    digits.append(digit)
                    rest.removeFirst()
                }
                text.unicodeScalars.append(Unicode.Scalar(UInt8(digits, radix: 8) ?? 0))
            default: text.append(escaped)
            }
        }
        throw problem("a quote is not closed")
    }

    private static func isLetter(_ character: Character) -> Bool {
        character.isLetter || ["$", "_", "-", "*"].contains(character)
            || character.unicodeScalars.first.map { $0.value >= 0xa0 } == true && !character.isWhitespace
    }
}

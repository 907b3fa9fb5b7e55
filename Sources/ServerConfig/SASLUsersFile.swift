/// The users that may prove themselves to the bundled server with SASL, and their passwords: a line `user:password` for each; blank
/// lines and those that begin with `#` count for nothing (`sasl.usersPath`).
package struct SASLUsersFile: Hashable, Sendable {
    package private(set) var users: [String: String] = [:]

    /// What is wrong, and in which line. It quotes no password.
    package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    package init(_ text: String) throws(Problem) {
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard let first = line.first(where: { !$0.isWhitespace }), first != "#" else { continue }
            func problem(_ what: String) -> Problem { Problem(description: "line \(index + 1): \(what)") }
            guard let colon = line.firstIndex(of: ":") else { throw problem("it is not user:password") }
            let user = line[..<colon]
            let password = line[line.index(after: colon)...]
            guard !user.isEmpty, !user.contains(where: \.isWhitespace) else {
                throw problem("the user's name is empty or has a blank in it")
            }
            guard !password.isEmpty else { throw problem("the password is empty") }
            guard users.updateValue(String(password), forKey: String(user)) == nil else {
                throw problem("user \(user) is there twice")
            }
        }
    }
}

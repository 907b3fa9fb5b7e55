import Glibc

/// What /etc/passwd says of a user.
///
/// Read here and not by `getpwuid`: that asks modules of the host's (`nsswitch.conf`), and a program that is linked statically dies of one
/// that was made for another C library. Users of a directory service have no entry, nor have the numbers that containers run as.
package struct UserAccount: Hashable, Sendable {
    package let name: String
    package let home: String

    package init(name: String, home: String) { (self.name, self.home) = (name, home) }

    /// The user of this process; nil when there is no entry.
    package static let own = try? of(
        getuid(), in: String(decoding: DurableFile.read("/etc/passwd", limit: 1 << 20), as: UTF8.self))

    /// - Parameter text: `NAME:PASSWORD:UID:GID:COMMENT:HOME:SHELL` a line (passwd(5)). The first line with the number counts.
    static func of(_ user: UInt32, in text: String) -> UserAccount? {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count == 7, UInt32(fields[2]) == user {
                return UserAccount(name: String(fields[0]), home: String(fields[5]))
            }
        }
        return nil
    }
}

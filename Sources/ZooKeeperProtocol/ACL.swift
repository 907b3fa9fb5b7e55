import Jute

/// What an ACL entry allows (Apache's `ZooDefs.Perms`).
public struct Permissions: OptionSet, Hashable, Sendable {
    public var rawValue: Int32

    @inlinable
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    @inlinable public static var read: Permissions { Permissions(rawValue: 1) }
    @inlinable public static var write: Permissions { Permissions(rawValue: 2) }
    @inlinable public static var create: Permissions { Permissions(rawValue: 4) }
    @inlinable public static var delete: Permissions { Permissions(rawValue: 8) }
    @inlinable public static var admin: Permissions { Permissions(rawValue: 16) }
    @inlinable public static var all: Permissions { Permissions(rawValue: 31) }
}

extension Permissions: CustomStringConvertible {
    /// The letters of `zkCli.sh`: `cdrwa` for all.
    public var description: String {
        let letters: [(Permissions, String)] = [
            (.create, "c"), (.delete, "d"), (.read, "r"), (.write, "w"), (.admin, "a"),
        ]
        return letters.filter { contains($0.0) }.map(\.1).joined()
    }
}

/// Who somebody is: an authentication scheme and an id in it, `digest` and `bob:…`.
public struct AuthID: Hashable, Sendable {
    public var scheme: String
    public var id: String

    @inlinable
    public init(scheme: String, id: String) {
        self.scheme = scheme
        self.id = id
    }

    public static let anyone = AuthID(scheme: "world", id: "anyone")
}

/// One entry of a znode's access control list: who may do what.
public struct ACL: Hashable, Sendable {
    public var permissions: Permissions
    public var id: AuthID

    @inlinable
    public init(_ permissions: Permissions, _ id: AuthID) {
        self.permissions = permissions
        self.id = id
    }
}

extension [ACL] {
    /// Everybody may do everything (`ZooDefs.Ids.OPEN_ACL_UNSAFE`).
    public static let open: [ACL] = [ACL(.all, .anyone)]
    /// Everybody may read (`READ_ACL_UNSAFE`).
    public static let readOnly: [ACL] = [ACL(.read, .anyone)]
    /// Only who the creating connection authenticated as (`CREATOR_ALL_ACL`).
    public static let creator: [ACL] = [ACL(.all, AuthID(scheme: "auth", id: ""))]
}

extension AuthID: JuteRecord {
    @usableFromInline
    package init(from reader: inout JuteReader) throws(JuteError) {
        scheme = try reader.readString()
        // kazoo sends an empty id as null, and `CREATOR_ALL_ACL` has one. Apache takes it there and nowhere else.
        id = scheme == "auth" ? try reader.readOptionalString() ?? "" : try reader.readString()
    }

    @usableFromInline
    package func write(to writer: inout JuteWriter) {
        writer.write(scheme)
        writer.write(id)
    }
}

extension ACL: JuteRecord {
    @usableFromInline
    package init(from reader: inout JuteReader) throws(JuteError) {
        permissions = Permissions(rawValue: try reader.readInt32())
        id = try AuthID(from: &reader)
    }

    @usableFromInline
    package func write(to writer: inout JuteWriter) {
        writer.write(permissions.rawValue)
        writer.write(id)
    }
}

import ZooKeeperProtocol

extension [AuthID] {
    /// The identities of a connection in the order in which Apache's server has them, each once.
    ///
    /// There they are in a Java hash set (`ServerCnxn.authInfo`), whose order shows in whoAmI and in what an `auth` entry of
    /// an ACL becomes, so it is the same here: by place in a `ConcurrentHashMap`'s table, then by age.
    package var inApacheOrder: [AuthID] {
        var unique: [AuthID] = []
        var seen: Set<AuthID> = []
        for identity in self where seen.insert(identity).inserted { unique.append(identity) }
        var tableSize = 16
        while unique.count * 4 >= tableSize * 3 { tableSize *= 2 }
        let mask = UInt32(tableSize - 1)
        return unique.enumerated().map { (place: $1.javaHash.spread & mask, age: $0, identity: $1) }
            .sorted { ($0.place, $0.age) < ($1.place, $1.age) }
            .map(\.identity)
    }
}

extension AuthID {
    /// What its strings take in a REQUEST, bytes.
    package var encodedLength: Int { 8 + scheme.utf8.count + id.utf8.count }

    /// As jute's generated `Id.hashCode`.
    fileprivate var javaHash: UInt32 { (17 &* 37 &+ scheme.javaHash) &* 37 &+ id.javaHash }
}

extension String {
    /// As Java's `String.hashCode`.
    fileprivate var javaHash: UInt32 { utf16.reduce(0) { 31 &* $0 &+ UInt32($1) } }
}

extension UInt32 {
    /// As `ConcurrentHashMap.spread`.
    fileprivate var spread: UInt32 { (self ^ self >> 16) & 0x7fff_ffff }
}

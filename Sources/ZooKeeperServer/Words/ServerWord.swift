/// The four-letter words of ZooKeeper 3.8, recognised where the length of a connection's first frame would be.
enum ServerWord: String, CaseIterable {
    case conf, cons, crst, dirs, dump, envi, gtmk, hash, isro, mntr, ruok, srst, srvr, stat, stmk, wchc, wchp, wchs
    /// What telnet sends when it is interrupted; closes the connection without an answer.
    case telnetClose

    /// The word in the first four bytes.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let value = bytes.loadUnaligned(as: UInt32.self).bigEndian
        guard let word = Self.byCode[value] else { return nil }
        self = word
    }

    /// Bytes that follow the word: stmk takes the mask, an Int64.
    var argumentLength: Int { self == .stmk ? 8 : 0 }

    /// Answered also while the server serves nobody.
    var needsNoService: Bool {
        switch self {
        case .ruok, .envi, .gtmk, .stmk, .telnetClose: true
        default: false
        }
    }

    /// The answer of a server that serves nobody.
    var refusal: String {
        switch self {
        case .isro: "null"
        case .hash: "This ZooKeeper instance is not currently serving requests"
        default: "This ZooKeeper instance is not currently serving requests\n"
        }
    }

    private static let byCode: [UInt32: ServerWord] = {
        var table: [UInt32: ServerWord] = [0xfff4_fffd: .telnetClose]
        for word in allCases where word != .telnetClose {
            table[word.rawValue.utf8.reduce(0) { $0 << 8 | UInt32($1) }] = word
        }
        return table
    }()
}

/// What an ensemble may be called. Its name becomes a directory, a lock and a word on command lines.
package enum EnsembleName {
    package static func isValid(_ text: String) -> Bool { hasRightLetters(text) && text.first != "-" }

    static func hasRightLetters(_ text: String) -> Bool {
        let letters = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
        return letters && (1...64).contains(text.utf8.count)
    }
}

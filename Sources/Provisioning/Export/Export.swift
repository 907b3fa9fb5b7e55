import Diagnostics

/// Files with which somebody else's tool runs an ensemble: relative paths and their texts. The same topology gives the same bytes.
package struct Export: Sendable {
    package struct File: Hashable, Sendable {
        /// Below the directory of the export.
        package var path: String
        package var content: String
    }

    /// Who reads the files where they are written or copied to.
    package enum Readers: Hashable, Sendable {
        case owner
        /// Others have to get through the directories, as they are copied, to what will be theirs.
        case ownerBelowOpenDirectories
        /// The servers in containers are users of their own.
        case everybody
    }

    package var files: [File]
    /// What does not carry over. With an error among them nothing is written.
    package var problems: [Diagnostic]
    package var readers = Readers.owner
}

/// What does not carry over to where an ensemble is exported, in words.
struct ExportProblems {
    /// The topology, as the user named it.
    let file: String
    private(set) var all: [Diagnostic] = []

    init(file: String) { self.file = file }

    mutating func error(_ rule: Rule, _ message: String, mend: String) {
        all.append(Diagnostic(.error, rule: rule, file: file, message, mend: mend))
    }

    mutating func warn(_ rule: Rule, _ message: String, mend: String) {
        all.append(Diagnostic(.warning, rule: rule, file: file, message, mend: mend))
    }
}

extension String {
    /// As JSON, and so YAML, systemd and others that take its escapes, write a string: between quotes, in ASCII.
    package var jsonQuoted: String {
        var text = "\""
        for unit in utf16 {
            switch unit {
            case 0x22: text += "\\\""
            case 0x5C: text += "\\\\"
            case 0x0A: text += "\\n"
            case 0x0D: text += "\\r"
            case 0x09: text += "\\t"
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return text + "\""
    }

    /// Each line that is not empty behind this many blanks.
    func indented(_ count: Int) -> String {
        let blanks = String(repeating: " ", count: count)
        return split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : blanks + $0 }
            .joined(separator: "\n")
    }

    /// Without the line end behind the last line.
    var withoutLastLineEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}

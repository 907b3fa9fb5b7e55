/// A JSON value whose keys keep their order, printed as Jackson's pretty printer does: what Apache's admin server sends.
indirect enum JSONText {
    case null
    case bool(Bool)
    case integer(Int64)
    case decimal(Double)
    case string(String)
    case array([JSONText])
    case object([(key: String, value: JSONText)])

    var text: String {
        var output = ""
        write(to: &output, indent: 0)
        return output
    }

    private func write(to output: inout String, indent: Int) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .decimal(let value): output += value.isFinite ? String(value) : "null"
        case .string(let value): Self.quote(value, to: &output)
        case .array(let values):
            guard !values.isEmpty else { return output += "[ ]" }
            output += "[ "
            for (index, value) in values.enumerated() {
                if index > 0 { output += ", " }
                value.write(to: &output, indent: indent)
            }
            output += " ]"
        case .object(let members):
            guard !members.isEmpty else { return output += "{ }" }
            let blanks = String(repeating: " ", count: indent)
            output += "{\n"
            for (index, member) in members.enumerated() {
                if index > 0 { output += ",\n" }
                output += blanks + "  "
                Self.quote(member.key, to: &output)
                output += " : "
                member.value.write(to: &output, indent: indent + 2)
            }
            output += "\n" + blanks + "}"
        }
    }

    private static func quote(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\u{0}"..."\u{1f}":
                let digits = String(scalar.value, radix: 16, uppercase: true)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

extension MetricValue {
    var json: JSONText {
        switch self {
        case .integer(let value): .integer(value)
        case .decimal(let value): .decimal(value)
        case .text(let value): .string(value)
        }
    }
}

import Planning

/// What `doctor` and `self doctor` have found, on the terminal or as JSON.
enum FindingLines {
    static func show(_ findings: [Doctor.Finding], _ terminal: Terminal, isJSON: Bool) throws {
        if isJSON {
            terminal.output(try JSONOutput.text(Output(findings: findings)))
            return
        }
        for finding in findings {
            let (mark, style): (String, Terminal.Style) =
                switch finding.state {
                case .good: ("ok", .green)
                case .warning: ("warning", .yellow)
                case .missing: ("missing", .red)
                }
            let padding = String(repeating: " ", count: 9 - mark.count)
            terminal.output("\(terminal.styled(mark, style))\(padding)\(finding.subject): \(finding.text)")
            if let mend = finding.mend { terminal.output("         mend: \(mend)") }
        }
    }

    private struct Output: Encodable {
        var version = 1
        var findings: [Doctor.Finding]
    }
}

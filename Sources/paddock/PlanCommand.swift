import Provisioning

extension EnsembleCommand where Options == GlobalOptions {
    /// Carries a plan of files out, or shows what it would change.
    func show(_ plan: Plan, diff: Bool, dryRun: Bool, _ terminal: Terminal) throws -> ExitStatus {
        try plan.check()
        for warning in plan.problems { terminal.problem(warning.rendered()) }
        if diff {
            let text = plan.diff()
            if global.json {
                try printJSON(PlanOutput(plan, wasWritten: false, diff: text), terminal)
            } else if !text.isEmpty {
                terminal.output(String(text.dropLast()))
            }
            return plan.hasChanges ? .changes : .done
        }
        if !dryRun { try plan.apply() }
        if global.json {
            try printJSON(PlanOutput(plan, wasWritten: !dryRun, diff: nil), terminal)
            return .done
        }
        PlanLines(plan: plan, terminal: terminal).lines(withUnchanged: global.verbose || !plan.hasChanges)
            .forEach(terminal.output)
        let counts = ["created", "changed", "hand-edited", "unchanged", "rewritten-by-server"].compactMap {
            word -> String? in
            let count = plan.files.count { $0.word == word }
            return count == 0 ? nil : "\(count) \(word)"
        }
        terminal.note(counts.joined(separator: ", "))
        return .done
    }
}

private struct PlanOutput: Encodable {
    struct File: Encodable {
        var path: String
        var change: String
    }

    var version = 1
    var written: Bool
    var files: [File]
    var diff: String?

    init(_ plan: Plan, wasWritten: Bool, diff: String?) {
        written = wasWritten
        files = plan.files.map { File(path: $0.path, change: $0.word) }
        self.diff = diff
    }
}

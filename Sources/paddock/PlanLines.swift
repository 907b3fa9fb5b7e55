import Provisioning

/// A plan of files for people: one line a file, and what to know about some of them.
struct PlanLines {
    var plan: Plan
    var terminal: Terminal

    func lines(withUnchanged: Bool) -> [String] {
        plan.files.compactMap { file in
            switch file.change {
            case .unchanged: withUnchanged ? line("unchanged", .dim, file.path) : nil
            case .created: line("created", .green, file.path)
            case .changed: line("changed", .yellow, file.path)
            case .editedByHand(_, let keptAs):
                line("changed", .yellow, "\(file.path) (it was edited by hand; the edited file is kept as \(keptAs))")
            case .rewrittenByServer(let old, let dynamicFile):
                line(
                    old == nil ? "unchanged" : "changed", old == nil ? .dim : .yellow,
                    "\(file.path) (the server keeps its members in \(dynamicFile) since a reconfiguration)")
            }
        }
    }

    private func line(_ word: String, _ style: Terminal.Style, _ text: String) -> String {
        terminal.styled(word, style) + String(repeating: " ", count: 11 - word.count) + text
    }
}

/// Rows of cells as aligned columns. A cell's colour does not count for its width.
struct Table {
    struct Cell: ExpressibleByStringLiteral {
        var text: String
        var style: Terminal.Style?

        init(_ text: String, _ style: Terminal.Style? = nil) {
            self.text = text
            self.style = style
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    /// Where the text of a column stands: numbers to the right, words to the left.
    enum Alignment { case left, right }

    var columns: [(title: String, alignment: Alignment)]
    var rows: [[Cell]] = []
    /// Titles of columns that a narrow terminal does without, the first first.
    var dispensable: [String] = []

    init(_ columns: (String, Alignment)...) { self.columns = columns.map { (title: $0.0, alignment: $0.1) } }

    func lines(_ terminal: Terminal) -> [String] { fitted(to: terminal.columns).allLines(terminal) }

    private var widths: [Int] {
        var widths = columns.map(\.title.count)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.text.count) }
        }
        return widths
    }

    /// With the columns that fit; where the rest is too wide still, the widest loses the end of its texts.
    private func fitted(to width: Int?) -> Table {
        guard let width else { return self }
        var table = self
        func excess() -> Int { table.widths.reduce(2 * (table.columns.count - 1), +) - width }
        for title in dispensable where excess() > 0 {
            guard let index = table.columns.firstIndex(where: { $0.title == title }) else { continue }
            table.columns.remove(at: index)
            for row in table.rows.indices { table.rows[row].remove(at: index) }
        }
        while excess() > 0 {
            let widths = table.widths
            let widest = widths.indices.max { widths[$0] < widths[$1] }!
            let target = max(widths[widest] - excess(), 4)
            guard target < widths[widest] else { break }
            for row in table.rows.indices where table.rows[row][widest].text.count > target {
                table.rows[row][widest].text = table.rows[row][widest].text.prefix(target - 1) + "…"
            }
            if table.columns[widest].title.count > target { break }
        }
        return table
    }

    private func allLines(_ terminal: Terminal) -> [String] {
        let widths = widths
        let header = columns.map { Cell($0.title, .dim) }
        return ([header] + rows).map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - cell.text.count)
                let text = cell.style.map { terminal.styled(cell.text, $0) } ?? cell.text
                let isLast = index == row.count - 1
                switch columns[index].alignment {
                case .left: line += isLast ? text : text + padding
                case .right: line += padding + text
                }
                if !isLast { line += "  " }
            }
            return line
        }
    }
}

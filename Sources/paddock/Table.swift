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

    init(_ columns: (String, Alignment)...) { self.columns = columns.map { (title: $0.0, alignment: $0.1) } }

    func lines(_ terminal: Terminal) -> [String] {
        var widths = columns.map(\.title.count)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.text.count) }
        }
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

import Diagnostics

extension ParserProblem {
    /// The place to show: what is never closed is noticed further down, but is wrong where it opens.
    var placeToMend: SourceLocation { isUnclosed ? contextPlace : place }

    private var isUnclosed: Bool {
        switch problem {
        case "found unexpected end of stream": true
        case "did not find expected ',' or ']'", "did not find expected ',' or '}'": place.line > contextPlace.line
        default: false
        }
    }

    /// libyaml's problem in the words of someone who writes a file by hand, and the mend.
    ///
    /// `lastEvent` is where the last thing that could be read stands: what is wrong in the line of a value is another
    /// mistake than what is wrong in the line below it.
    func inWords(lastEvent: SourceLocation) -> (message: String, mend: String) {
        let since = "line \(contextPlace.line), column \(contextPlace.column)"
        switch problem {
        case "mapping values are not allowed in this context" where lastEvent.line == place.line:
            return ("a second ': ' in one value", "quote the value, or put the second key on a line of its own")
        case "mapping values are not allowed in this context":
            return (
                "this line reads as the continuation of the value above it, but it has a ':'",
                "align the keys of one mapping in one column, with ': ' behind each"
            )
        case "could not find expected ':'", "did not find expected ':'":
            return ("this is neither 'key: value' nor a list item '- value'", "put ': ' behind the key")
        case "did not find expected key" where place == contextPlace:
            return ("a key is missing before ':'", "write 'key: value'")
        case "did not find expected key" where lastEvent.line == place.line,
            "did not find expected '-' indicator" where lastEvent.line == place.line:
            return ("text follows a complete value", "quote the whole value, or put the next key on a line of its own")
        case "did not find expected key":
            return (
                "the indentation fits neither the mapping that began in \(since) nor one around it",
                "align the keys of one mapping in one column"
            )
        case "did not find expected '-' indicator":
            return (
                "the indentation fits neither the list that began in \(since) nor what is around it",
                "align the '-' of one list in one column, and the keys of an item below its first key"
            )
        case "block sequence entries are not allowed in this context":
            return ("a list item '-' is not allowed here", "put each '- item' on a line of its own below its key")
        case "did not find expected ',' or ']'" where isUnclosed:
            return ("the list that opens here is not closed in line \(place.line)", "close it with ']'")
        case "did not find expected ',' or '}'" where isUnclosed:
            return ("the mapping that opens here is not closed in line \(place.line)", "close it with '}'")
        case "did not find expected ',' or ']'":
            return ("',' or ']' is missing before this", "separate items with ',' and close the list with ']'")
        case "did not find expected ',' or '}'":
            return ("',' or '}' is missing before this", "separate entries with ',' and close the mapping with '}'")
        case "found unexpected end of stream":
            return ("the quote that opens here is never closed", "close the quote")
        case "found character that cannot start any token":
            return (
                "a value cannot begin with this character", "quote the value"
            )
        case "did not find expected node content":
            return ("a value is missing here", "write the value, or remove the ',' or ':' before it")
        case "did not find expected <document start>":
            return (
                "the document has ended, but text follows",
                "align the keys of one mapping in one column, or put it behind '- ' as a list item"
            )
        case "did not find expected alphabetic or numeric character":
            return (
                "'*' and '&' begin an alias or an anchor, whose name is missing", "quote the value if it is plain text"
            )
        case "found unknown escape character":
            return ("unknown escape in a double-quoted text", "double the '\\', or use single quotes")
        default:
            return (context.isEmpty ? problem : "\(context): \(problem)", "correct the line, or quote the value")
        }
    }
}

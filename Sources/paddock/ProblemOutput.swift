import Diagnostics

/// A diagnostic in JSON.
struct ProblemOutput: Encodable {
    var file: String?
    var line: Int?
    var column: Int?
    var severity: String
    var rule: String
    var message: String
    var mend: String?

    init(_ problem: Diagnostic) {
        file = problem.file
        line = problem.location?.line
        column = problem.location?.column
        severity = problem.severity.rawValue
        rule = problem.rule.rawValue
        message = problem.message
        mend = problem.mend
    }
}

import Operations
import Planning

/// What `--json` prints in the place of a result when a command fails.
struct ErrorOutput: Encodable {
    struct Failure: Encodable {
        var exitCode: Int32
        var message: String
        var details: [String]
        var mend: String?

        private enum CodingKeys: String, CodingKey { case exitCode, message, details, mend }

        /// Written by hand because the synthesised form leaves out what is nil.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(exitCode, forKey: .exitCode)
            try container.encode(message, forKey: .message)
            try container.encode(details, forKey: .details)
            try container.encode(mend, forKey: .mend)
        }
    }

    var version = 1
    var error: Failure

    init(_ status: ExitStatus, _ message: String) {
        error = Failure(exitCode: status.rawValue, message: message, details: [], mend: nil)
    }

    init(_ status: ExitStatus, _ failure: OperationError) {
        error = Failure(
            exitCode: status.rawValue, message: failure.message, details: failure.details, mend: failure.mend)
    }
}

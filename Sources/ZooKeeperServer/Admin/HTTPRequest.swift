import Membership

/// The head of an HTTP/1 request, as far as the pages of this server look at it.
struct HTTPRequest: Hashable {
    enum Method: Hashable {
        case get, head, other
    }

    var method: Method
    /// Path and query.
    var target: String
    /// Whether more requests may come on the connection. Not behind one with a body: nobody reads that.
    var keepsAlive: Bool

    enum Reading: Hashable {
        case incomplete
        /// - length: of the head in bytes.
        case request(HTTPRequest, length: Int)
        case refused(HTTPStatus)
    }

    /// The longest head, bytes.
    static let limit = 8192

    static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        var lines: [Substring] = []
        var start = 0
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
            guard index < limit else { return .refused(.headTooLarge) }
            var end = index
            if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            let line = String(decoding: bytes[start..<end], as: UTF8.self)
            start = index + 1
            if !line.isEmpty {
                lines.append(line[...])
            } else if !lines.isEmpty {
                // Blank lines before a request are put up with (RFC 9112, 2.2).
                return request(lines, length: start)
            }
        }
        return bytes.count < limit ? .incomplete : .refused(.headTooLarge)
    }

    private static func request(_ lines: [Substring], length: Int) -> Reading {
        let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, !words[1].isEmpty, words[2].hasPrefix("HTTP/1.") else { return .refused(.badRequest) }
        var keepsAlive = words[2] != "HTTP/1.0"
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return .refused(.badRequest) }
            let value = JavaText.trimmed(line[line.index(after: colon)...]).lowercased()
            switch line[..<colon].lowercased() {
            case "connection" where JavaText.list(value).contains("close"): keepsAlive = false
            case "content-length" where value != "0", "transfer-encoding": keepsAlive = false
            default: break
            }
        }
        let method: Method =
            switch words[0] {
            case "GET": .get
            case "HEAD": .head
            default: .other
            }
        return .request(
            HTTPRequest(method: method, target: String(words[1]), keepsAlive: keepsAlive), length: length)
    }
}

/// The codes that this server answers with.
enum HTTPStatus: Int {
    case ok = 200
    case badRequest = 400
    case notFound = 404
    case methodNotAllowed = 405
    case headTooLarge = 431

    var reason: String {
        switch self {
        case .ok: "OK"
        case .badRequest: "Bad Request"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .headTooLarge: "Request Header Fields Too Large"
        }
    }
}

/// What a request is answered with.
struct HTTPAnswer {
    var status = HTTPStatus.ok
    var contentType: String?
    var body: String

    /// The bytes to send.
    ///
    /// - Parameter isHead: without the body.
    func text(keepsAlive: Bool, isHead: Bool) -> String {
        var text = "HTTP/1.1 \(status.rawValue) \(status.reason)\r\nContent-Length: \(body.utf8.count)\r\n"
        if let contentType { text += "Content-Type: \(contentType)\r\n" }
        if !keepsAlive { text += "Connection: close\r\n" }
        text += "\r\n"
        return isHead ? text : text + body
    }

    /// The same as a page of its own, for what cannot be answered.
    static func refusal(_ status: HTTPStatus, _ hint: String) -> HTTPAnswer {
        HTTPAnswer(status: status, contentType: "text/plain", body: "\(status.rawValue) \(status.reason): \(hint)\n")
    }
}

import Glibc

/// Names of the system's error numbers.
enum SystemError {
    /// `Connection refused` for ECONNREFUSED.
    static func text(_ code: CInt) -> String {
        String(cString: strerror(code))
    }
}

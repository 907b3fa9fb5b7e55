import DurableFiles

/// How Paddock's programs came to where they are, which is how another one gets there.
package enum Installation: Hashable, Sendable {
    /// Built in a checkout.
    case checkout
    /// The .deb.
    case debian
    case wheel
    /// The tarball's installer.
    case prefix
    case unknown

    /// - Parameter program: the path of a program of Paddock's.
    package init(of program: String) {
        let directory = Directory.parent(of: program)
        if directory.contains("/.build-release/") || directory.contains("/.build/") {
            self = .checkout
        } else if directory == "/usr/lib/paddock" {
            self = .debian
        } else if directory.hasSuffix("/paddock/_programs") {
            self = .wheel
        } else if directory.hasSuffix("/lib/paddock") {
            self = .prefix
        } else {
            self = .unknown
        }
    }

    /// What to do about a program that is not at its place.
    package static func wayToGet(_ program: String) -> String {
        let name = program.split(separator: "/").last ?? "zkserver"
        switch Installation(of: program) {
        case .checkout: return "build it with bin/build-release \(name)"
        case .debian:
            return
                "install the package anew: apt-get install --reinstall ./paddock_*.deb (it has \(name) unless it was made without)"
        case .wheel:
            return name.hasSuffix("-tls")
                ? "the wheel has no programs with TLS: install the .deb or the tarball"
                : "install the wheel anew: pip install --force-reinstall paddock-*.whl"
        case .prefix: return "run install.sh of the tarball again (it has \(name) unless it was made without)"
        case .unknown: return "put \(name) of the same version there"
        }
    }
}

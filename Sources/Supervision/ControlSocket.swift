import DurableFiles
import Glibc

/// Unix-domain sockets of the ensemble directories.
///
/// A socket address holds 107 bytes of path, a state directory may be deeper. So the socket is always named through an open
/// descriptor of its directory, `/proc/self/fd/N/control.sock`, which has the same few bytes however deep it lies.
enum ControlSocket {
    static func listen(in directory: String) throws(FileError) -> Int32 {
        let path = directory + "/" + SupervisorHome.socketName
        unlink(path)
        let descriptor = try open(in: directory, SOCK_NONBLOCK) { Glibc.bind($0, $1, $2) }
        guard Glibc.listen(descriptor, 64) == 0 else {
            let error = FileError("listen on", path)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    static func connect(in directory: String) throws(FileError) -> Int32 {
        try open(in: directory, __socket_type(0)) { Glibc.connect($0, $1, $2) }
    }

    private static func open(
        in directory: String, _ kind: __socket_type,
        _ attach: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(FileError) -> Int32 {
        let folder = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw FileError("open", directory) }
        defer { close(folder) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | kind.rawValue), 0)
        guard descriptor >= 0 else { throw FileError("make a socket in", directory) }

        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: "/proc/self/fd/\(folder)/\(SupervisorHome.socketName)".utf8)
        }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                attach(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let error = FileError("reach", directory + "/" + SupervisorHome.socketName)
            close(descriptor)
            throw error
        }
        return descriptor
    }
}

import Diagnostics
import Dispatch
import Glibc

/// A stretch of address space that is reserved once and gets memory page by page, when a page is first written.
///
/// So an arena in it grows without copying and without moving: a pointer into it stays good for its life, and a small
/// tree costs a few pages. Nothing here is a file or shared: it is plain private memory of this process.
struct Region: ~Copyable {
    let base: UnsafeMutableRawPointer
    /// In bytes; a system that refuses the size asked for (`ulimit -v`, strict overcommit) may give less.
    let capacity: Int
    /// Where memory ends that is there, or on its way, before it is written to.
    private var ready = smallPages

    /// Reserves `bytes`, or the largest half, quarter, … of it that the system grants, down to `minimum`.
    init(bytes: Int, minimum: Int = 16 << 20) {
        var size = bytes
        while true {
            let pointer = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
            if let pointer, pointer != MAP_FAILED {
                self.base = pointer
                self.capacity = size
                // Random look-ups in a large tree would miss the TLB at every step. The first pages stay small, so
                // that a small tree does; a system without large pages says no, and nothing is lost.
                madvise(pointer + Self.smallPages, size - Self.smallPages, MADV_HUGEPAGE)
                return
            }
            invariant(size / 2 >= minimum, "no \(size) bytes of address space for the tree (errno \(errno))")
            size /= 2
        }
    }

    private static let smallPages = 4 << 20
    private static let largePage = 2 << 20

    deinit {
        if ready > Self.smallPages { Self.helper.sync {} }
        munmap(base, capacity)
    }

    /// To be told how far an arena that grows from the front is filled. Another thread has the next large page cleared
    /// meanwhile: that takes the kernel milliseconds, in which nobody would be served.
    @inline(__always) mutating func filled(to end: Int) {
        if _slowPath(end + Self.largePage > ready) { prepareNext() }
    }

    private mutating func prepareNext() {
        guard ready + Self.largePage <= capacity else { return }
        let page = UInt(bitPattern: base + ready)
        ready += Self.largePage
        // On a system before Linux 5.14 this does nothing.
        Self.helper.async { madvise(UnsafeMutableRawPointer(bitPattern: page), Self.largePage, Self.populate) }
    }

    private static let helper = DispatchQueue(label: "tree memory")
    /// MADV_POPULATE_WRITE.
    private static let populate: Int32 = 23
}

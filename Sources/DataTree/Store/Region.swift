import Diagnostics
import Glibc

/// A stretch of address space that is reserved once and gets memory page by page, when a page is first written.
///
/// So an arena in it grows without copying and without moving: a pointer into it stays good for its life, and a small
/// tree costs a few pages. Nothing here is a file or shared: it is plain private memory of this process.
struct Region: ~Copyable {
    let base: UnsafeMutableRawPointer
    /// In bytes; a system that refuses the size asked for (`ulimit -v`, strict overcommit) may give less.
    let capacity: Int

    /// Reserves `bytes`, or the largest half, quarter, … of it that the system grants, down to `minimum`.
    init(bytes: Int, minimum: Int = 16 << 20) {
        var size = bytes
        while true {
            let pointer = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
            if let pointer, pointer != MAP_FAILED {
                self.base = pointer
                self.capacity = size
                // Random look-ups in a large tree would miss the TLB at every step. The first pages stay small, so that a small
                // tree does; a system without large pages says no, and nothing is lost.
                madvise(pointer + Self.smallPages, size - Self.smallPages, MADV_HUGEPAGE)
                return
            }
            invariant(size / 2 >= minimum, "no \(size) bytes of address space for the tree (errno \(errno))")
            size /= 2
        }
    }

    private static let smallPages = 4 << 20

    deinit { munmap(base, capacity) }
}

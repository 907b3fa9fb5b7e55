import Dispatch
import Synchronization

/// Has a thread read, check and decode a file piece by piece while the caller deals with the pieces before: the two halves of a
/// recovery take about the same time. The first piece is the caller's to fill, so that a short file needs no thread.
///
/// Pieces are used again and again: a long file takes no more memory than four of them.
final class ReadAhead<Piece> {
    private var pieces: [Piece]
    private let makePiece: () -> Piece
    private let fill: (Piece) -> Void
    private var thread: Thread?
    private var taken = 0
    private static var pieceCount: Int { 4 }

    /// - Parameter fill: fills a piece; behind the last one it does nothing.
    init(_ makePiece: @escaping () -> Piece, fill: @escaping (Piece) -> Void) {
        pieces = [makePiece()]
        self.makePiece = makePiece
        self.fill = fill
    }

    /// The next piece; the one before is filled anew.
    func next() -> Piece {
        let piece: Piece
        if taken == 0 {
            piece = pieces[0]
            fill(piece)
        } else {
            if thread == nil { startThread() } else { thread?.empty.signal() }
            piece = pieces[taken % Self.pieceCount]
            thread?.full.wait()
        }
        taken += 1
        return piece
    }

    private func startThread() {
        while pieces.count < Self.pieceCount { pieces.append(makePiece()) }
        let thread = Thread(Self.pieceCount)
        self.thread = thread
        // A piece is in one thread's hands at a time: whoever has waited for it.
        nonisolated(unsafe) let (pieces, fill) = (pieces, fill)
        let first = taken
        DispatchQueue(label: "reading ahead").async {
            var next = first
            while true {
                thread.empty.wait()
                if thread.mustEnd.load(ordering: .acquiring) { break }
                fill(pieces[next % pieces.count])
                next += 1
                thread.full.signal()
            }
            thread.hasEnded.signal()
        }
    }

    /// The thread has let go of everything when this is gone.
    deinit {
        guard let thread else { return }
        thread.mustEnd.store(true, ordering: .releasing)
        // One wakes the thread; Dispatch wants the semaphore back with at least what it was made with.
        for _ in 0...pieces.count { thread.empty.signal() }
        thread.hasEnded.wait()
    }
}

/// What the two threads have in common.
private final class Thread: Sendable {
    /// Pieces that may be filled.
    let empty: DispatchSemaphore
    /// Pieces that are filled.
    let full = DispatchSemaphore(value: 0)
    let hasEnded = DispatchSemaphore(value: 0)
    let mustEnd = Atomic(false)

    init(_ pieces: Int) { empty = DispatchSemaphore(value: pieces) }
}

import Glibc
import Testing

@testable import DurableFiles

@Suite struct FileLockTests {
    @Test func secondIsRefusedAndNamesTheHolder() throws {
        var template = Array("/tmp/lock.XXXXXX".utf8CString)
        let directory = String(cString: mkdtemp(&template))
        let path = directory + "/lock"
        defer {
            unlink(path)
            rmdir(directory)
        }
        #expect(FileLock.holder(of: path) == nil)
        do {
            let lock = try FileLock(path, holder: "paddock up")
            let held = FileLock.Held(path: path, holder: "paddock up (pid \(getpid()))", pid: getpid())
            #expect(FileLock.holder(of: path) == held)
            do {
                _ = try FileLock(path, holder: "paddock down")
                Issue.record("the lock was given twice")
            } catch {
                #expect(error == .held(held))
                #expect(error.description == "\(path) is locked by paddock up (pid \(getpid()))")
            }
            let before = lock.isInPlace
            unlink(path)
            let after = lock.isInPlace
            #expect(before && !after)
        }
        _ = try FileLock(path, holder: "paddock down")
        #expect(FileLock.holder(of: path) == nil)
    }

    @Test func directoryThatIsMissing() {
        do {
            _ = try FileLock("/no/such/lock", holder: "test")
            Issue.record("a lock in a directory that does not exist")
        } catch {
            #expect(error.description == "cannot open /no/such/lock: No such file or directory")
        }
    }
}

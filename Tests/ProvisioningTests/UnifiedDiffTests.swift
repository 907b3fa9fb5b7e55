import Testing

@testable import Provisioning

@Suite struct UnifiedDiffTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var old: String?
        var new: String
        var diff: String
    }

    @Test(arguments: [
        Case(testDescription: "equal texts", old: "a\n", new: "a\n", diff: ""),
        Case(testDescription: "a new file", old: nil, new: "a\n", diff: "--- /dev/null\n+++ f\n@@ -0,0 +1,1 @@\n+a\n"),
        Case(
            testDescription: "a change in the middle", old: "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
            new: "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
            diff: "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"),
        Case(
            testDescription: "two changes far apart", old: (1...20).map { "\($0)\n" }.joined(),
            new: (1...20).map { $0 == 1 || $0 == 20 ? "x\n" : "\($0)\n" }.joined(),
            diff: "--- f\n+++ f\n@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -17,4 +17,4 @@\n 17\n 18\n 19\n-20\n+x\n"),
    ])
    func isWhatPatchReads(_ test: Case) {
        #expect(UnifiedDiff.text(from: test.old, to: test.new, path: "f") == test.diff)
    }
}

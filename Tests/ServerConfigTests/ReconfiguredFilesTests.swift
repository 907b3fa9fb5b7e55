import Foundation
import Membership
import Testing

@testable import ServerConfig

/// What Apache 3.8.0 made of its files at the first start with reconfigEnabled (captured).
@Suite struct ReconfiguredFilesTests {
    private func fixture(_ name: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/dynamic-config")
        return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    @Test func zooCfgKeepsAllButTheServerLines() throws {
        let before = ZooCfg(text: try fixture("0-before-start/zoo.cfg"))
        let after = before.pointing(toDynamicFile: "/zk/s1/zoo.cfg.dynamic.100000000", hasClientAddress: true)
        let apache = ZooCfg(text: try fixture("1-after-first-start/zoo.cfg"))
        #expect(entries(after) == entries(apache))
    }

    @Test func theDynamicFileIsApaches() throws {
        let before = ZooCfg(text: try fixture("0-before-start/zoo.cfg"))
        let config = EnsembleConfiguration.read(before.effectiveEntries, version: 0x1_0000_0000).config
        #expect(config.dynamicFileText == (try fixture("1-after-first-start/zoo.cfg.dynamic.100000000")))
        #expect(config.dynamicFileName(besides: "/zk/s1/zoo.cfg") == "/zk/s1/zoo.cfg.dynamic.100000000")
    }

    @Test func commentsStayAndTheClientPortGoesOnlyWhenTheLineHasIt() {
        let cfg = ZooCfg(
            text: "# ours\nclientPort=2181\nserver.1=a:1:2\ngroup.1=1\nweight.1=1\npeerType=observer\ntickTime=2000\n")
        #expect(
            cfg.pointing(toDynamicFile: "/d.1", hasClientAddress: false).text
                == "# ours\nclientPort=2181\ntickTime=2000\ndynamicConfigFile=/d.1\n")
        #expect(
            cfg.pointing(toDynamicFile: "/d.1", hasClientAddress: true).text
                == "# ours\ntickTime=2000\ndynamicConfigFile=/d.1\n")
    }

    private func entries(_ cfg: ZooCfg) -> [String: String] {
        Dictionary(cfg.effectiveEntries.map { ($0.key, $0.value) }) { $1 }
    }
}

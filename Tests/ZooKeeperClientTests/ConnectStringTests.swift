import Testing

@testable import ZooKeeperClient

struct ConnectStringTests {
    @Test func serversAndChrootAreRead() throws {
        let string = try ConnectString("a:1, b ,[::1]:3/app/x")
        #expect(
            string.servers == [
                ServerAddress(host: "a", port: 1), ServerAddress(host: "b", port: 2181),
                ServerAddress(host: "::1", port: 3),
            ])
        #expect(string.chroot == "/app/x")
        #expect(string.description == "a:1,b:2181,[::1]:3/app/x")
        #expect(try ConnectString("a/").chroot == nil)
    }

    @Test(arguments: [
        ("", "\"\" in the connect string \"\" is not host:port"),
        ("a:1,", "\"\" in the connect string \"a:1,\" is not host:port"),
        ("a:x", "\"a:x\" in the connect string \"a:x\" is not host:port"),
        ("a:1/x/", "the chroot \"/x/\" of the connect string is no path: a path must not end with /"),
    ])
    func anythingElseIsRefused(text: String, message: String) {
        let error = #expect(throws: ConnectString.ParseError.self) { try ConnectString(text) }
        #expect(error?.description == message)
    }

    @Test(arguments: [("/", "/app"), ("/x", "/app/x"), ("/app", "/app/app")])
    func pathsArePutUnderTheChrootAndBack(path: String, absolute: String) throws {
        let string = try ConnectString("a/app")
        #expect(string.absolute(path) == absolute)
        #expect(string.relative(absolute) == path)
    }

    @Test func whatIsNotUnderTheChrootStaysAsItIs() throws {
        let string = try ConnectString("a/app")
        #expect(string.relative("/apple") == "/apple")
        #expect(string.relative("/other") == "/other")
        #expect(try ConnectString("a").relative("/app") == "/app")
    }
}

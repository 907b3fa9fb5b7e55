import Testing

@testable import ZooKeeperShell

struct InvocationTests {
    @Test func `options come before the command, which has its own`() throws {
        let invocation = try Invocation(["-timeout", "0", "-r", "-server", "h:1/c", "ls", "-s", "/"])
        #expect(invocation.timeout == 0)
        #expect(invocation.allowsReadOnly)
        #expect(invocation.servers == "h:1/c")
        #expect(invocation.command == ["ls", "-s", "/"])
        #expect(try Invocation([]) == Invocation(["-server", "localhost:2181", "-timeout", "30000"]))
    }

    @Test func `unknown options are remembered, and nothing more`() throws {
        #expect(try Invocation(["get", "/a", "--json"]).printsDocument)
        #expect(try !Invocation(["get", "/a"]).printsDocument)
        let invocation = try Invocation(["-foo", "-waitforconnection", "quit"])
        #expect(invocation.unknown == ["-foo"])
        #expect(invocation.waitsForConnection)
        #expect(invocation.command == ["quit"])
    }

    @Test(arguments: [
        (["-server"], "Error: no argument found for option -server"),
        (["-timeout", "1s"], "Error: -timeout takes milliseconds, not \"1s\""),
    ])
    func `an option without its value is an error`(arguments: [String], message: String) {
        let error = #expect(throws: CommandError.self) { try Invocation(arguments) }
        #expect(error?.message == message)
    }

    @Test func `a client's properties say how long a request may take`() throws {
        let text =
            "# of a JVM\nzookeeper.request.timeout=500\nzookeeper.client.secure=false\nzookeeper.sasl.client=false\n"
        var properties = ClientProperties()
        #expect(properties.requestTimeout == nil)
        try properties.read(text, file: "f")
        #expect(properties.requestTimeout == 500)
    }

    /// As Apache's shell has it: JVMFLAGS come behind CLIENT_JVMFLAGS, and the file goes before both.
    @Test(
        arguments: [
            ([:], "", nil), (["CLIENT_JVMFLAGS": "-Xmx64m -Djute.maxbuffer=4194304"], "", 4_194_304),
            (["JVMFLAGS": "-Djute.maxbuffer=0x400000"], "", 4_194_304),
            (["CLIENT_JVMFLAGS": "-Djute.maxbuffer=1 -Djute.maxbuffer=2"], "", 2),
            (["CLIENT_JVMFLAGS": "-Djute.maxbuffer=1", "JVMFLAGS": " -Djute.maxbuffer=2 -Da"], "", 2),
            (["JVMFLAGS": "-Djute.maxbuffer=1"], "jute.maxbuffer=3\n", 3),
        ] as [([String: String], String, Int?)])
    func `flags and properties say how long a request may be`(
        environment: [String: String], file: String, length: Int?
    ) throws {
        var properties = try ClientProperties(environment: environment)
        try properties.read(file, file: "f")
        #expect(properties.maxBuffer == length)
    }

    @Test(arguments: ["", "abc", "-5", "0", "0x", "2147483648", "4m"])
    func `a length that is none is an error`(value: String) {
        let error = #expect(throws: CommandError.self) {
            try ClientProperties(environment: ["JVMFLAGS": "-Djute.maxbuffer=\(value)"])
        }
        #expect(error?.message == "JVMFLAGS: jute.maxbuffer takes bytes, not \"\(value)\"")
    }

    @Test func `secure settings are refused, as they would not be followed`() {
        var properties = ClientProperties()
        let error = #expect(throws: CommandError.self) {
            try properties.read("a=b\nzookeeper.client.secure = TRUE\n", file: "f")
        }
        #expect(
            error?.message.hasPrefix("f:2: zookeeper.client.secure=true asks for TLS, which this client does not have")
                == true)
        let flag = #expect(throws: CommandError.self) {
            try ClientProperties(environment: ["CLIENT_JVMFLAGS": "-Dzookeeper.client.secure=true"])
        }
        #expect(flag?.message.hasPrefix("CLIENT_JVMFLAGS: zookeeper.client.secure=true asks for TLS") == true)
    }
}

struct CompletionTests {
    @Test(arguments: [
        ("", Completion.command(prefix: "")), ("ge", .command(prefix: "ge")),
        ("ls /", .znode(parent: "/", prefix: "")), ("ls /zo", .znode(parent: "/", prefix: "zo")),
        ("ls -s /zookeeper/qu", .znode(parent: "/zookeeper", prefix: "qu")), ("/a", .znode(parent: "/", prefix: "a")),
        ("ls ", nil), ("set /a x", nil),
    ])
    func `what is before the cursor says what is looked for`(line: String, completion: Completion?) {
        #expect(Completion(line) == completion)
    }

    @Test func `candidates have a beginning in common`() {
        #expect(Completion.commands("getA") == ["getAcl", "getAllChildrenNumber"])
        #expect(Completion.commonPrefix(["getAcl", "getAllChildrenNumber"]) == "getA")
        #expect(Completion.commonPrefix(["one"]) == "one")
        #expect(Completion.commonPrefix([]) == "")
    }

    @Test func `candidates stand in columns as wide as the window`() {
        #expect(Completion.columns(["a", "bb", "c"], width: 8) == "a   c\nbb\n")
        #expect(Completion.columns(["a", "bb", "c"], width: 80) == "a   bb  c\n")
        #expect(Completion.columns(["aaaaaaaaaaaaaaa", "b"], width: 10) == "aaaaaaaaaaaaaaa\nb\n")
    }
}

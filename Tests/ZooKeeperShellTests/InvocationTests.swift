import Testing
import ZooKeeperClient

@testable import ZooKeeperShell

struct InvocationTests {
    @Test func optionsComeBeforeTheCommandWhichHasItsOwn() throws {
        let invocation = try Invocation(["-timeout", "0", "-r", "-server", "h:1/c", "ls", "-s", "/"])
        #expect(invocation.timeout == 0)
        #expect(invocation.allowsReadOnly)
        #expect(invocation.servers == "h:1/c")
        #expect(invocation.command == ["ls", "-s", "/"])
        #expect(try Invocation([]) == Invocation(["-server", "localhost:2181", "-timeout", "30000"]))
    }

    @Test func unknownOptionsAreRememberedAndNothingMore() throws {
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
    func anOptionWithoutItsValueIsAnError(arguments: [String], message: String) {
        let error = #expect(throws: CommandError.self) { try Invocation(arguments) }
        #expect(error?.message == message)
    }

    @Test func aClientsPropertiesSayHowLongARequestMayTake() throws {
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
    func flagsAndPropertiesSayHowLongARequestMayBe(
        environment: [String: String], file: String, length: Int?
    ) throws {
        var properties = try ClientProperties(environment: environment)
        try properties.read(file, file: "f")
        #expect(properties.maxBuffer == length)
    }

    @Test(arguments: ["", "abc", "-5", "0", "0x", "2147483648", "4m"])
    func aLengthThatIsNoneIsAnError(value: String) {
        let error = #expect(throws: CommandError.self) {
            try ClientProperties(environment: ["JVMFLAGS": "-Djute.maxbuffer=\(value)"])
        }
        #expect(error?.message == "JVMFLAGS: jute.maxbuffer takes bytes, not \"\(value)\"")
    }
}

/// What flags and properties say of who the client is, and of TLS.
struct SecurityPropertiesTests {
    private static func properties(_ lines: String) throws -> ClientProperties {
        var properties = ClientProperties()
        try properties.read(lines, file: "f")
        return properties
    }

    private static let jaas = """
        Client { org.apache.zookeeper.server.auth.DigestLoginModule required username="bob" password="secret"; };
        Ann { org.apache.zookeeper.server.auth.DigestLoginModule required username="ann" password="pass"; };
        Kerberos { com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true; };
        """

    private static func read(_ path: String) throws(CommandError) -> String {
        switch path {
        case "jaas": return jaas
        case "word": return "secret\nand no more\n"
        default: throw CommandError("cannot open \(path)")
        }
    }

    @Test(
        arguments: [
            ("", nil), ("java.security.auth.login.config=jaas", "bob"),
            ("java.security.auth.login.config=jaas\nzookeeper.sasl.clientconfig=Ann", "ann"),
            ("java.security.auth.login.config=jaas\nzookeeper.sasl.client=false", nil),
            ("java.security.auth.login.config=none\nzookeeper.sasl.client=no", nil),
        ] as [(String, String?)])
    func aJAASFileSaysWhoTheClientIs(lines: String, user: String?) throws {
        let properties = try Self.properties(lines)
        let login = try properties.login(reading: Self.read)
        guard case .user(let credentials) = login else { return #expect(login == .none && user == nil) }
        #expect(credentials.user == user)
    }

    @Test func flagsSayItToo() throws {
        let flags = "-Djava.security.auth.login.config=jaas -Dzookeeper.sasl.clientconfig=Ann"
        let properties = try ClientProperties(environment: ["JVMFLAGS": flags])
        let login = try properties.login(reading: Self.read)
        #expect(login == .user(SASLCredentials(user: "ann", password: "pass")))
    }

    @Test(arguments: [
        (
            "java.security.auth.login.config=none",
            "f:1: none (java.security.auth.login.config): cannot open none"
        ),
        (
            "\njava.security.auth.login.config=jaas\nzookeeper.sasl.clientconfig=None",
            "f:2: jaas (java.security.auth.login.config) has no section None; zookeeper.sasl.clientconfig names another one, and zookeeper.sasl.client=false goes without SASL"
        ),
        (
            "zookeeper.sasl.clientconfig=Ann",
            "f:1: zookeeper.sasl.clientconfig names a section of a login configuration, and there is none: set java.security.auth.login.config to its file"
        ),
    ])
    func aLoginThatIsNotThereIsToldAndNoMore(lines: String, message: String) throws {
        let properties = try Self.properties(lines)
        #expect(try properties.login(reading: Self.read) == .missing(message))
    }

    @Test func aLoginThatIsThereAndOfNoUseIsAnError() throws {
        let properties = try Self.properties(
            "java.security.auth.login.config=jaas\nzookeeper.sasl.clientconfig=Kerberos")
        let error = #expect(throws: CommandError.self) { try properties.login(reading: Self.read) }
        #expect(
            error?.message
                == "f:1: jaas (java.security.auth.login.config) cannot be used: section Kerberos asks for Kerberos (com.sun.security.auth.module.Krb5LoginModule), and there is DIGEST-MD5 only: use org.apache.zookeeper.server.auth.DigestLoginModule"
        )
    }

    @Test func tlsIsAskedForWithItsFiles() throws {
        let pem = """
            zookeeper.client.secure = TRUE
            zookeeper.ssl.keyStore.location=bob.pem
            zookeeper.ssl.keyStore.password=text
            zookeeper.ssl.keyStore.passwordPath=word
            zookeeper.ssl.trustStore.location=ca.crt
            zookeeper.ssl.trustStore.type=pem
            zookeeper.ssl.hostnameVerification=false

            """
        var expected = TLSProperties()
        #expect(try Self.properties("zookeeper.client.secure=true").tls(reading: Self.read) == expected)
        expected.keyStore = .pem("bob.pem")
        expected.password = "secret"
        expected.trustedCertificates = "ca.crt"
        expected.verifiesHost = false
        #expect(try Self.properties(pem).tls(reading: Self.read) == expected)
        let pkcs12 = "zookeeper.ssl.keyStore.location=bob.p12\nzookeeper.ssl.keyStore.passwordPath=\n"
        expected.keyStore = .pkcs12("bob.p12")
        expected.password = "text"
        #expect(try Self.properties(pem + pkcs12).tls(reading: Self.read) == expected)
        #expect(try Self.properties(pem + "zookeeper.client.secure=false").tls(reading: Self.read) == nil)
        let needsTLS = try Self.properties(pem).needsTLS
        #expect(needsTLS.message.hasPrefix("f:1: zookeeper.client.secure=true asks for TLS, which zkcli-tls has"))
    }

    @Test(arguments: [
        (
            "zookeeper.ssl.keyStore.location=a.jks",
            "f:2: a.jks (zookeeper.ssl.keyStore.location) is a JKS store, which only Java reads; convert it: keytool -importkeystore -srckeystore a.jks -destkeystore client.p12 -deststoretype PKCS12, and set zookeeper.ssl.keyStore.location to client.p12"
        ),
        (
            "zookeeper.ssl.trustStore.location=a.p12",
            "f:2: a.p12 (zookeeper.ssl.trustStore.location) is a PKCS12 store; the certificates to trust are read from PEM. Convert it: keytool -list -rfc -keystore a.p12 > trust.pem, and set zookeeper.ssl.trustStore.location to trust.pem"
        ),
        (
            "zookeeper.ssl.trustStore.location=ca.crt",
            "f:2: ca.crt (zookeeper.ssl.trustStore.location): its format is not known by its name: set zookeeper.ssl.trustStore.type to PEM or PKCS12"
        ),
        (
            "zookeeper.ssl.keyStore.location=a.pem\nzookeeper.ssl.keyStore.passwordPath=none",
            "f:3: zookeeper.ssl.keyStore.passwordPath: cannot open none"
        ),
        (
            "zookeeper.ssl.ocsp=true",
            "f:2: zookeeper.ssl.ocsp=true asks whether certificates have been revoked, which is not looked at here: take it out, or use Apache ZooKeeper's zkCli.sh for this server"
        ),
    ])
    func whatTLSCannotUseIsAnError(lines: String, message: String) throws {
        let properties = try Self.properties("zookeeper.client.secure=true\n" + lines)
        let error = #expect(throws: CommandError.self) { try properties.tls(reading: Self.read) }
        #expect(error?.message == message)
    }
}

struct CompletionTests {
    @Test(arguments: [
        ("", Completion.command(prefix: "")), ("ge", .command(prefix: "ge")),
        ("ls /", .znode(parent: "/", prefix: "")), ("ls /zo", .znode(parent: "/", prefix: "zo")),
        ("ls -s /zookeeper/qu", .znode(parent: "/zookeeper", prefix: "qu")), ("/a", .znode(parent: "/", prefix: "a")),
        ("ls ", nil), ("set /a x", nil),
    ])
    func whatIsBeforeTheCursorSaysWhatIsLookedFor(line: String, completion: Completion?) {
        #expect(Completion(line) == completion)
    }

    @Test func candidatesHaveABeginningInCommon() {
        #expect(Completion.commands("getA") == ["getAcl", "getAllChildrenNumber"])
        #expect(Completion.commonPrefix(["getAcl", "getAllChildrenNumber"]) == "getA")
        #expect(Completion.commonPrefix(["one"]) == "one")
        #expect(Completion.commonPrefix([]) == "")
    }

    @Test func candidatesStandInColumnsAsWideAsTheWindow() {
        #expect(Completion.columns(["a", "bb", "c"], width: 8) == "a   c\nbb\n")
        #expect(Completion.columns(["a", "bb", "c"], width: 80) == "a   bb  c\n")
        #expect(Completion.columns(["aaaaaaaaaaaaaaa", "b"], width: 10) == "aaaaaaaaaaaaaaa\nb\n")
    }
}

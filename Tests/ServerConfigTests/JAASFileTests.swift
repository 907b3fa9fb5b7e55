import ServerConfig
import Testing

@Suite struct JAASFileTests {
    /// What Java 17's `com.sun.security.auth.login.ConfigFile` reads, and how.
    @Test(arguments: [
        (
            "Server {\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n  user_bob=\"secret\"\n  user_super=\"x y\";\n};\n",
            "Server: org.apache.zookeeper.server.auth.DigestLoginModule user_bob=secret user_super=x y"
        ),
        (
            #"Server { a.B REQUIRED user_a=plain user_b-c="q\"u\\o\ttab\101"; };"#,
            "Server: a.B user_a=plain user_b-c=q\"u\\o\ttabA"
        ),
        ("// c\n/* c\nc */ Server { a.B optional k=\"v\"; } ;\n", "Server: a.B k=v"),
        (
            "Server { a.B required k=v; c.D sufficient; };  Client { a.B required username=\"u\" password=\"p\"; };",
            "Client: a.B password=p username=u\nServer: a.B k=v, c.D"
        ),
        ("\"Ser ver\" { a.B required \"user_x y\"=\"v\"; };", "Ser ver: a.B user_x y=v"), ("", ""),
        ("Server { a.B required k=\"a\" k=\"b\"; };", "Server: a.B k=b"),
        ("Server { a.B required user_jürgen=\"pä\"; };", "Server: a.B user_jürgen=pä"),
        ("Server { a.B required k=v1.2-x*y$z_; };", "Server: a.B k=v1.2-x*y$z_"),
        ("Server { a.B required k = \"v\" ; } ; / rest", "Server: a.B k=v"),
        ("Server { a.B required k=\"\"; };", "Server: a.B k="),
    ])
    func sections(text: String, expected: String) throws {
        let file = try JAASFile(text)
        let printed = file.sections.sorted { $0.key < $1.key }.map { name, modules in
            name + ": "
                + modules.map { module in
                    ([module.name] + module.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
                        .joined(separator: " ")
                }.joined(separator: ", ")
        }
        #expect(printed.joined(separator: "\n") == expected)
    }

    /// Java refuses these, too, or (a comment that is not closed) reads what nobody meant.
    @Test(arguments: [
        ("Server {};\n# no", "line 2: '#' stands where a section's name should"),
        ("Server { a.B required k=\"v\"; }", "line 1: ';' is missing"),
        ("Server { a.B required k=\"v\" };", "line 1: an option, or ';' behind the last one, is missing"),
        (
            "Server {\n a.B maybe k=\"v\"; };",
            "line 2: 'maybe' is none of required, requisite, sufficient and optional"
        ),
        ("Server { a.B required k=1; };", "line 1: the value of k (in quotes) is missing"),
        ("Server { a.B required k='v'; };", "line 1: the value of k (in quotes) is missing"),
        ("Server { a.B required\nk=\"secret; };", "line 2: a quote is not closed"),
        ("Server { a.B required; };\nServer { a.B required; };", "line 2: section Server is there twice"),
        ("Server { a.B required k=\"${nope}\"; };", "line 1: ${…} in the value of k is not replaced here"),
        ("Server { a.B required k=/etc/x; };", "line 1: the value of k (in quotes) is missing"),
        ("Server { a.B required ;", "line 1: the name of a login module is missing"),
        ("Server { a.B required 1k=\"v\"; };", "line 1: an option, or ';' behind the last one, is missing"),
        ("Server\n/* x", "line 2: a comment is not closed"),
    ])
    func refused(text: String, why: String) {
        do throws(JAASFile.Problem) {
            _ = try JAASFile(text)
            Issue.record("it was read")
        } catch { #expect(error.description == why) }
    }

    private static let digest = "org.apache.zookeeper.server.auth.DigestLoginModule required"

    @Test func usersAndLogins() throws {
        let file = try JAASFile(
            """
            Server { \(Self.digest) user_bob="secret" user_super="s" debug="true"; };
            Client { \(Self.digest) username="bob" password="secret"; };
            Empty { };
            """)
        #expect(try file.users(of: "Server") == ["bob": "secret", "super": "s"])
        #expect(try file.users(of: "Other") == nil && file.users(of: "Empty") == nil)
        let login = try #require(try file.login(of: "Client"))
        #expect(login.user == "bob" && login.password == "secret")
        #expect(try file.login(of: "Other") == nil)
        #expect(throws: JAASFile.Problem(description: "section Server has no username=\"…\" and password=\"…\"")) {
            try file.login(of: "Server")
        }
    }

    @Test(arguments: [
        (
            "com.sun.security.auth.module.Krb5LoginModule",
            "section Server asks for Kerberos (com.sun.security.auth.module.Krb5LoginModule), and there is DIGEST-MD5 only: use org.apache.zookeeper.server.auth.DigestLoginModule"
        ),
        (
            "my.Module",
            "section Server asks for my.Module, and there is DIGEST-MD5 only: use org.apache.zookeeper.server.auth.DigestLoginModule"
        ),
    ])
    func otherModulesAreRefusedWithASentence(module: String, words: String) throws {
        let file = try JAASFile("Server { \(module) required useKeyTab=\"true\"; };")
        #expect(throws: JAASFile.Problem(description: words)) { try file.users(of: "Server") }
    }

    @Test func aPlainFileOfUsers() throws {
        let file = try SASLUsersFile("# who may come in\nbob:secret\r\n\n  # and\nann:a:b c \n")
        #expect(file.users == ["bob": "secret", "ann": "a:b c "])
    }

    @Test(arguments: [
        ("bob", "line 1: it is not user:password"),
        ("a:1\n:secret\n", "line 2: the user's name is empty or has a blank in it"),
        (" bob:secret", "line 1: the user's name is empty or has a blank in it"),
        ("bob:", "line 1: the password is empty"),
        ("bob:a\nbob:b", "line 2: user bob is there twice"),
    ])
    func aFileOfUsersThatIsNone(text: String, why: String) {
        do throws(SASLUsersFile.Problem) {
            _ = try SASLUsersFile(text)
            Issue.record("it was read")
        } catch { #expect(error.description == why) }
    }
}

/// What `zkCli.sh` was called with: options that begin with `-`, then maybe a command.
package struct Invocation: Hashable, Sendable {
    package var servers = "localhost:2181"
    /// The session timeout in milliseconds; the servers raise it to what they allow.
    package var timeout: Int32 = 30_000
    package var allowsReadOnly = false
    package var waitsForConnection = false
    package var clientConfiguration: String?
    /// A command to run once; empty for a shell.
    package var command: [String] = []
    /// `--help`.
    package var showsHelp = false
    /// Options nobody knows. Apache's shell ignores them, too.
    package var unknown: [String] = []

    /// Whether the command's result is for a program: nothing else is printed then.
    package var printsDocument: Bool { !command.isEmpty && !Set(command).isDisjoint(with: ["--json", "-json"]) }

    package init(_ arguments: [String]) throws(CommandError) {
        var rest = arguments[...]
        func value(of option: String) throws(CommandError) -> String {
            guard let value = rest.popFirst() else {
                throw CommandError("Error: no argument found for option \(option)")
            }
            return value
        }
        while let word = rest.popFirst() {
            switch word {
            case "-server": servers = try value(of: word)
            case "-timeout":
                let text = try value(of: word)
                guard let number = Int32(text), number >= 0 else {
                    throw CommandError("Error: -timeout takes milliseconds, not \"\(text)\"")
                }
                timeout = number
            case "-r": allowsReadOnly = true
            case "-waitforconnection": waitsForConnection = true
            case "-client-configuration": clientConfiguration = try value(of: word)
            case "-h", "-help", "--help": showsHelp = true
            case _ where word.hasPrefix("-"): unknown.append(word)
            default:
                command = [word] + rest
                return
            }
        }
    }

    package static let help = """
        usage: zkCli.sh [-server HOST:PORT[,HOST:PORT…][/CHROOT]] [-timeout MS] [-r] [-waitforconnection]
                        [-client-configuration FILE] [COMMAND [ARGUMENT…]]

        Talks to ZooKeeper servers. With a COMMAND: runs it and exits. Without one: a shell; commands are lines of standard
        input where that is no terminal.

          -server HOST:PORT,…    the servers, and optionally the znode that is the root (default: localhost:2181)
          -timeout MS            the session timeout, in milliseconds (default: 30000)
          -r                     a server without a quorum will do, for reads
          -waitforconnection     waits for a session first, up to the session timeout, and exits with 1 without one
          -client-configuration FILE
                                 properties of the client, also as -D in CLIENT_JVMFLAGS and JVMFLAGS. These mean
                                 something here:
                                   zookeeper.request.timeout, jute.maxbuffer
                                   java.security.auth.login.config   a JAAS file: the login for SASL (DIGEST-MD5), in its
                                     section Client or the one that zookeeper.sasl.clientconfig names;
                                     zookeeper.sasl.client=false goes without
                                   zookeeper.client.secure=true      TLS, with zookeeper.ssl.keyStore.location, .type
                                     (PEM, PKCS12), .password and .passwordPath, zookeeper.ssl.trustStore.location
                                     (PEM) and .type, zookeeper.ssl.hostnameVerification

        Commands:

        """ + CommandSyntax.all.reduce("") { $0 + "  \($1.name) \($1.usage)\n" }
}

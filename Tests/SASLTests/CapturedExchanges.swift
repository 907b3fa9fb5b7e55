@testable import SASL

/// An exchange as it was once made: between Java's client and server (`javax.security.sasl` of OpenJDK 17, with and without
/// an authorization id as Apache's client sends one), with Python's pure-sasl 0.6.2 as kazoo uses it, or as RFC 2831 has it.
struct CapturedExchange: Sendable, CustomStringConvertible {
    var description: String
    var user: String
    var password: String
    var service = SASLService.clients
    var nonce: String
    var clientNonce: String
    /// Behind the other directives; the proofs as digits.
    var authorizationID: String?
    var response: String
    var proof: String
    /// What the client calls its directives, when it is not Java's.
    var token: String?
    var isLatin1 = false

    /// What the client sent.
    var sent: [UInt8] {
        let text =
            token
                ?? """
                \(isLatin1 ? "" : "charset=utf-8,")username=\(user.quoted),realm="\(service.host)",nonce="\(nonce)",nc=00000001,\
                cnonce="\(clientNonce)",digest-uri="\(service.uri)",maxbuf=65536,response=\(response),qop=auth\
                \(authorizationID.map { ",authzid=" + $0.quoted } ?? "")
                """
        return isLatin1 ? text.latin1! : Array(text.utf8)
    }

    static let all = [
        Self(
            description: "Java, with an authorization id", user: "bob", password: "bobsecret",
            nonce: "UWRZikwGyaFy1R2bxy6PHNt9NyErcLYlYJaMDmq3", clientNonce: "4zC1EDwlkwHoo/hAk2yXkY8gV/R+Xxr4hak9HxvN",
            authorizationID: "bob", response: "24741cdae075e9754c6a504ec9bf9f98",
            proof: "eed5718d86defb84679b681fa0bc8ef6"),
        Self(
            description: "Java, without", user: "bob", password: "bobsecret",
            nonce: "w1mHzrBcn1tFHbYW3J0xI8YlpPQcyVcwGmTYgWXm", clientNonce: "gRMOFgsezFGOI9OSdZSIO4EDzjVl9c4Tedi8GYHd",
            response: "c99ffe21c2a091de24474a9227392174", proof: "f15508280a671c617335be9cbefe00be"),
        Self(
            description: "Java, for somebody else", user: "bob", password: "bobsecret",
            nonce: "mqxgbw+jbzu7Je6bWZ56bQz0go5a9RvVi9855dhG", clientNonce: "Aitj4CiW2/4hUPqhHYAZwl6Puz1jkl35mjNGCJr9",
            authorizationID: "alice", response: "159058298b787cbb91b2f2cd781f26ac",
            proof: "f3e5ce9d79d5b1a28d25b79cad7fa78b"),
        Self(
            description: "Java, ISO 8859-1 sent as UTF-8", user: "jürgen", password: "pässwörd",
            nonce: "wF5rrNNkCTr38TlZwX8IOj7dtER6OmfxUfVolBpH", clientNonce: "0u0R6nY7NnoXWXQN1wOm17p870kE0bF3LJUNLfGf",
            response: "066e11397069e49e1691e87cef3e6e24", proof: "7ac001f44ca602f5a018f8589de3df4f"),
        Self(
            description: "Java, ISO 8859-1 sent so", user: "jürgen", password: "pässwörd",
            nonce: "60XS4ael6Q9FJ4PCfbxFAe8+OBlhnMJk5y49huRO", clientNonce: "+mxVp2B5cX0nb+8eHTqHol7SFxA2aLquUInA70Yt",
            // As Java sends it: this directive alone is UTF-8.
            authorizationID: "jÃ¼rgen", response: "945530b8a789318e08dd4b4dede90ddb",
            proof: "3745ff343db69e376037270af32b0c28", isLatin1: true),
        Self(
            description: "Java, UTF-8", user: "Ωmega", password: "κωδικός☃",
            nonce: "dGWB/RiOyh/3uG3isEnqcGw00XXV6R+NxMvVKHty", clientNonce: "Z6HIJzUw9f07hfCQaurdmOzaXjxbT0uUnHXcPJjZ",
            response: "3eb0de1899d2fccf2c9d0e28d259850e", proof: "57d4635f29ae7041c17197845b5bff36"),
        Self(
            description: "Java, the name ISO 8859-1 and the password UTF-8", user: "jürgen", password: "κωδικός☃",
            nonce: "FcK2beWR2j5thCvRqUpxRFqYm3yBvcTx7mLwm16L", clientNonce: "L9bCDVC8/KPo+z47YZ3Cs4tZqAZ1zs4Kh8TUhOR4",
            response: "b4785fb73fce43fe70ee50b1e10b0d67", proof: "3c48f49b50defad9ebd0c2782d9ae7a9"),
        Self(
            description: "Java, quotes and backslashes", user: #"q"uo\te"#, password: #"p"a\ss, x=y"#,
            nonce: "ecP+U5XYJR1E5YVm3FjErYLH4xqOXZAkWFghCxoO", clientNonce: "u/P46H+N3wGQwEWqTpKD2P255drvwBBht95sBb9p",
            response: "4763a4bdce4a5fa34449e876aabd8ef7", proof: "797838e8054dd9399d2a42746002922d"),
        Self(
            description: "Java, an empty password", user: "bob", password: "",
            nonce: "9uOUdwPXSDKub+uDlbODe4SdHat4WqOAdIWSBA5/", clientNonce: "2kFSRCP7LQ4VJ9iBEkhyuAa87XYFafALW3hMP1XG",
            response: "a29ab1e6a29afd54b61f4cdf3b3531f9", proof: "9e6d35a4c697cb16942a63311dac53bb"),
        Self(
            description: "Java, between servers", user: "test", password: "mypassword", service: .quorum,
            nonce: "ZNZLvW6MsaQX8612BmvBa7wfY3nbdlBcTf/0zciE", clientNonce: "ag7LUylhPIJUPEX7vgERX8fXUqy+MhiVYhmmDFpD",
            authorizationID: "test", response: "f82345475826cbbd93df849c8e4e35d3",
            proof: "4ff2fdb6e750de3ee5043e0976e7ad8d"),
        Self(
            description: "kazoo", user: "bob", password: "bobsecret",
            nonce: "UWRZikwGyaFy1R2bxy6PHNt9NyErcLYlYJaMDmq3", clientNonce: "5049129835108765",
            response: "d8edcd22f671a9dca8f8d5f9997bfbcb", proof: "14cb1edc1851c05e46d15f2dae43aa0c",
            token:
                #"qop=auth,realm="zk-sasl-md5",username="bob",nonce="UWRZikwGyaFy1R2bxy6PHNt9NyErcLYlYJaMDmq3",cnonce="5049129835108765",nc=00000001,digest-uri="zookeeper/zk-sasl-md5",response=d8edcd22f671a9dca8f8d5f9997bfbcb"#
        ),
        Self(
            description: "RFC 2831", user: "chris", password: "secret",
            service: SASLService(name: "imap", host: "elwood.innosoft.com"), nonce: "OA6MG9tEQGm2hh",
            clientNonce: "OA6MHXh6VqTrRk", response: "d388dad90d4bbd760a152321f2143af7",
            proof: "ea40f60335c427b5527b84dbabcdfffd"),
    ]
}

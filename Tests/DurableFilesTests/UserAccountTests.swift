import Testing

@testable import DurableFiles

@Suite struct UserAccountTests {
    private let passwd = """
        root:x:0:0:root:/root:/bin/bash
        +::::::
        broken:x:7
        zoe:x:1000:1000:Zoe,,,:/home/zoe:/bin/sh
        twin:x:1000:1000::/home/twin:/bin/sh

        """

    @Test(
        arguments: [
            (0, UserAccount(name: "root", home: "/root")), (1000, UserAccount(name: "zoe", home: "/home/zoe")),
            (7, nil), (61000, nil),
        ] as [(UInt32, UserAccount?)])
    func accounts(user: UInt32, account: UserAccount?) {
        #expect(UserAccount.of(user, in: passwd) == account)
    }
}

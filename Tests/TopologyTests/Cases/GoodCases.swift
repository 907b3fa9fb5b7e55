extension Case {
    static let goodCases: [Case] = [
        Case(
            "TLS between some servers, while all take both",
            """
            ensemble: demo
            settings: {portUnification: true, ssl.quorum.keyStore.location: /srv/k.pem, ssl.quorum.trustStore.location: /srv/t.pem}
            servers:
              - {id: 1, settings: {sslQuorum: true}}
              - {id: 2}
              - {id: 3}

            """,
            expects: ""),
        Case(
            "the shorthand",
            """
            ensemble: demo
            participants: 3

            """,
            expects: ""),
        Case(
            "one server",
            """
            ensemble: demo
            participants: 1

            """,
            expects: ""),
        Case(
            "a quorum of one with an observer",
            """
            ensemble: demo
            participants: 1
            observers: 1
            settings: {standaloneEnabled: false}

            """,
            expects: ""),
        Case(
            "every key",
            """
            ensemble: demo
            engine: {apache: {home: /usr/share/zookeeper, heap: 256m}}
            participants: 3
            observers: 1
            ports: {client: 3181, quorum: 3888, election: 4888, admin: 9080, offset: 10}
            serverLines: classic
            settings: {tickTime: 2000, initLimit: 10, syncLimit: 5}

            """,
            expects: ""),
        Case(
            "three hosts",
            """
            ensemble: demo
            hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
            settings: {autopurge.purgeInterval: 24, 4lw.commands.whitelist: 'srvr, mntr, ruok'}
            servers:
              - {id: 1, host: a}
              - {id: 2, host: b}
              - {id: 3, host: c}

            """,
            expects: ""),
        Case(
            "names instead of addresses",
            """
            ensemble: demo
            servers:
              - {id: 1, host: zk1.example.com}
              - {id: 2, host: zk2.example.com}
              - {id: 3, host: zk3.example.com}

            """,
            expects: ""),
        Case(
            "IPv6",
            """
            ensemble: demo
            servers:
              - {id: 1, host: 'fd00::1'}
              - {id: 2, host: 'fd00::2'}
              - {id: 3, host: 'fd00::3'}

            """,
            expects: ""),
        Case(
            "three groups",
            """
            ensemble: demo
            servers: [{id: 1, group: 1}, {id: 2, group: 2, weight: 2}, {id: 3, group: 3}]

            """,
            expects: ""),
        Case(
            "every word and no fsync, in a pseudo-cluster",
            """
            ensemble: demo
            participants: 3
            settings: {4lw.commands.whitelist: '*', forceSync: 'no'}

            """,
            expects: ""),
        Case(
            "log directories of their own",
            """
            ensemble: demo
            servers:
              - {id: 1, settings: {dataLogDir: /fast/1}}
              - {id: 2, settings: {dataLogDir: /fast/2}}
              - {id: 3}

            """,
            expects: ""),
        Case(
            "an anchor for shared values",
            """
            ensemble: demo
            servers:
              - {id: 1, settings: &fast {snapCount: 1000}}
              - {id: 2, settings: *fast}
              - {id: 3, settings: *fast}

            """,
            expects: ""),
    ]
}

extension Case {
    static let serverCases: [Case] = [
        Case(
            "an id above 255",
            """
            ensemble: demo
            servers:
              - {id: 256}

            """,
            expects: """
                t.yaml:3:10: error: the id 256 is outside 1…255 [server-id]
                      - {id: 256}
                             ^
                  mend: give the server an id from 1 to 255
                """),
        Case(
            "id 0",
            """
            ensemble: demo
            servers:
              - {id: 0}

            """,
            expects: """
                t.yaml:3:10: error: the id 0 is outside 1…255 [server-id]
                      - {id: 0}
                             ^
                  mend: give the server an id from 1 to 255
                """),
        Case(
            "an id twice",
            """
            ensemble: demo
            servers:
              - {id: 1}
              - {id: 2}
              - {id: 1}

            """,
            expects: """
                t.yaml:5:10: error: the id 1 was already given in line 3, column 10 [duplicate-server]
                      - {id: 1}
                             ^
                  mend: give this server an id of its own, e.g. 3
                """),
        Case(
            "id 255 with TTL znodes",
            """
            ensemble: demo
            servers:
              - {id: 255}
            settings: {extendedTypesEnabled: true}

            """,
            expects: """
                t.yaml:3:10: error: the id 255 is not allowed with extendedTypesEnabled: ZooKeeper wants at most 254 [server-id]
                      - {id: 255}
                             ^
                  mend: give the server an id from 1 to 254, or remove extendedTypesEnabled
                """),
        Case(
            "more servers than ids",
            """
            ensemble: demo
            participants: 300

            """,
            expects: """
                t.yaml:2:15: error: 300 servers are more than the 255 ids there are [too-many]
                    participants: 300
                                  ^
                  mend: use at most 255 servers
                """),
        Case(
            "more servers than ids together",
            """
            ensemble: demo
            ports: {quorum: 12000, election: 13000}
            participants: 3
            observers: 253

            """,
            expects: """
                t.yaml:4:12: error: no id from 1 to 255 is left for another observer: ids of servers that left are not used again [too-many]
                    observers: 253
                               ^
                  mend: use fewer servers, or name them under 'servers' with ids of your choice
                """),
        Case(
            "options of the engine that has none",
            """
            ensemble: demo
            participants: 3
            engine: {bundled: {heap: 1g}}

            """,
            expects: """
                t.yaml:3:19: error: 'bundled' has no options [wrong-type]
                    engine: {bundled: {heap: 1g}}
                                      ^
                  mend: write engine: bundled, and zoo.cfg keys under 'settings'
                """),
        Case(
            "an engine that does not exist",
            """
            ensemble: demo
            participants: 3
            engine: apach

            """,
            expects: """
                t.yaml:3:9: error: 'engine' must be bundled or apache, not 'apach' [wrong-type]
                    engine: apach
                            ^
                  mend: did you mean 'apache'?
                """),
        Case(
            "an engine of a server",
            """
            ensemble: demo
            servers:
              - {id: 1, engine: etcd}

            """,
            expects: """
                t.yaml:3:21: error: 'engine' of server 1 must be bundled or apache, not 'etcd' [wrong-type]
                      - {id: 1, engine: etcd}
                                        ^
                  mend: write engine: bundled
                """),
        Case(
            "two engines",
            """
            ensemble: demo
            participants: 3
            engine: {apache: {}, bundled: {}}

            """,
            expects: """
                t.yaml:3:9: error: 'engine' must name one engine, not 2 [wrong-type]
                    engine: {apache: {}, bundled: {}}
                            ^
                  mend: write engine: bundled
                """),
        Case(
            "a misspelt option of an engine",
            """
            ensemble: demo
            participants: 3
            engine: {apache: {hme: /opt}}

            """,
            expects: """
                t.yaml:3:19: error: 'apache' has no key 'hme' [unknown-key]
                    engine: {apache: {hme: /opt}}
                                      ^
                  mend: did you mean 'home'?
                """),
        Case(
            "a relative home",
            """
            ensemble: demo
            participants: 3
            engine: {apache: {home: zk}}

            """,
            expects: """
                t.yaml:3:25: error: 'home' is 'zk', which depends on the working directory [engine-home]
                    engine: {apache: {home: zk}}
                                            ^
                  mend: write the whole path, e.g. /usr/share/zookeeper
                """),
        Case(
            "a heap without a unit",
            """
            ensemble: demo
            participants: 3
            engine: {apache: {heap: 256}}

            """,
            expects: """
                t.yaml:3:25: error: 'heap' is '256', which is no size of a Java heap [engine-heap]
                    engine: {apache: {heap: 256}}
                                            ^
                  mend: write a number with k, m or g behind it, at least 16m, e.g. 256m
                """),
        Case(
            "a flag that paddock sets itself",
            """
            ensemble: demo
            participants: 3
            engine: {apache: {jvmFlags: [-Xmx1g]}}

            """,
            expects: """
                t.yaml:3:30: error: '-Xmx1g' cannot be a flag of the server's JVM [jvm-flag]
                    engine: {apache: {jvmFlags: [-Xmx1g]}}
                                                 ^
                  mend: write heap: 1g
                """),
        Case(
            "a heap that is too small",
            """
            ensemble: demo
            participants: 3
            engine: {apache: {heap: 1m}}

            """,
            expects: """
                t.yaml:3:25: error: 'heap' is '1m', which is no size of a Java heap [engine-heap]
                    engine: {apache: {heap: 1m}}
                                            ^
                  mend: write a number with k, m or g behind it, at least 16m, e.g. 256m
                """),
    ]
}

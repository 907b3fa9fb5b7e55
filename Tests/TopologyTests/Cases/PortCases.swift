extension Case {
    static let portCases: [Case] = [
        Case(
            "a port above 65535",
            """
            ensemble: demo
            participants: 3
            ports: {client: 65536}

            """,
            expects: """
                t.yaml:3:17: error: the client port is 65536, outside 1…65535 [server-port]
                    ports: {client: 65536}
                                    ^
                  mend: write a port from 1024 to 65535
                """),
        Case(
            "port 0",
            """
            ensemble: demo
            participants: 3
            ports: {client: 0}

            """,
            expects: """
                t.yaml:3:17: error: the client port is 0, outside 1…65535 [server-port]
                    ports: {client: 0}
                                    ^
                  mend: write a port from 1024 to 65535
                """),
        Case(
            "a plan that runs out of ports",
            """
            ensemble: demo
            participants: 3
            ports: {election: 65534}

            """,
            expects: """
                t.yaml:3:19: error: the election port of server 3 would be 65536, above 65535 [server-port]
                    ports: {election: 65534}
                                      ^
                  mend: begin with a lower port, or make 'offset' smaller
                """),
        Case(
            "an offset of 0",
            """
            ensemble: demo
            participants: 3
            ports: {offset: 0}

            """,
            expects: """
                t.yaml:3:17: error: 'offset' is 0, outside 1…10000 [server-port]
                    ports: {offset: 0}
                                    ^
                  mend: write the step from server to server, e.g. 1
                """),
        Case(
            "a privileged port",
            """
            ensemble: demo
            servers:
              - {id: 1, ports: {client: 80}}

            """,
            expects: """
                t.yaml:3:29: warning: the client port of server 1 is 80: ports below 1024 are for root [port-privileged]
                      - {id: 1, ports: {client: 80}}
                                                ^
                  mend: use a port from 1024 to 32767
                """),
        Case(
            "an ephemeral base",
            """
            ensemble: demo
            participants: 3
            ports: {client: 40000}

            """,
            expects: """
                t.yaml:3:17: warning: the client port of server 1 is 40000, in the ephemeral range 32768…60999: an outgoing connection may hold it [port-ephemeral]
                    ports: {client: 40000}
                                    ^
                  mend: use a port below 32768
                """),
        Case(
            "a base that runs into the ephemeral range",
            """
            ensemble: demo
            participants: 3
            ports: {admin: 32767}

            """,
            expects: """
                t.yaml:3:16: warning: the admin port of server 2 is 32768, in the ephemeral range 32768…60999: an outgoing connection may hold it [port-ephemeral]
                    ports: {admin: 32767}
                                   ^
                  mend: use a port below 32768
                """),
        Case(
            "auto for one port",
            """
            ensemble: demo
            participants: 3
            ports: {client: auto}

            """,
            expects: """
                t.yaml:3:17: error: the client port must be a number, not 'auto' [wrong-type]
                    ports: {client: auto}
                                    ^
                  mend: write ports: auto, without keys, at the top: it is for all ports
                """),
        Case(
            "a word for ports",
            """
            ensemble: demo
            participants: 3
            ports: free

            """,
            expects: """
                t.yaml:3:8: error: 'ports' must be auto or a mapping, not 'free' [wrong-type]
                    ports: free
                           ^
                  mend: write ports: auto, or base ports: {client: 2181}
                """),
        Case(
            "auto without free ports",
            """
            ensemble: demo
            participants: 3
            ports: auto

            """,
            expects: """
                t.yaml:3:8: error: 'auto' needs 12 free ports, and this host has only 0 [ports-exhausted]
                    ports: auto
                           ^
                  mend: give base ports: ports: {client: 2181}
                """),
        Case(
            "two servers, one client port",
            """
            ensemble: demo
            servers:
              - {id: 1}
              - {id: 2, ports: {client: 2181}}
              - {id: 3}

            """,
            expects: """
                t.yaml:4:29: error: the client port of server 2 is 2181 on 127.0.0.1, which is the client port of server 1 already [port-conflict]
                      - {id: 2, ports: {client: 2181}}
                                                ^
                  mend: give server 2 another client port, e.g. 2182
                """),
        Case(
            "a client port that is another's quorum port",
            """
            ensemble: demo
            servers:
              - {id: 1}
              - {id: 2}
              - {id: 3, ports: {client: 2889}}

            """,
            expects: """
                t.yaml:5:29: error: the client port of server 3 is 2889 on 127.0.0.1, which is the quorum port of server 2 already [port-conflict]
                      - {id: 3, ports: {client: 2889}}
                                                ^
                  mend: give server 3 another client port, e.g. 2891
                """),
        Case(
            "quorum and election port equal",
            """
            ensemble: demo
            servers:
              - {id: 1}
              - {id: 2}
              - {id: 3, ports: {election: 2890}}

            """,
            expects: """
                t.yaml:5:31: error: server 3 has 2890 as its quorum port and as its election port [election-port]
                      - {id: 3, ports: {election: 2890}}
                                                  ^
                  mend: give server 3 another election port, e.g. 2891
                """),
        Case(
            "a default that runs into a given port",
            """
            ensemble: demo
            servers:
              - {id: 1, ports: {client: 2183}}
              - {id: 2}
              - {id: 3}

            """,
            expects: """
                t.yaml:3:29: error: the client port of server 1 is 2183 on 127.0.0.1, which is the client port of server 3 already [port-conflict]
                      - {id: 1, ports: {client: 2183}}
                                                ^
                  mend: give server 1 another client port, e.g. 2184
                """),
        Case(
            "a base that runs into another one",
            """
            ensemble: demo
            participants: 3
            ports: {client: 2887}

            """,
            expects: """
                t.yaml:3:17: error: the client port of server 2 is 2888 on 127.0.0.1, which is the quorum port of server 1 already (and one more like it) [port-conflict]
                    ports: {client: 2887}
                                    ^
                  mend: begin the client ports elsewhere, e.g. client: 2987
                """),
        Case(
            "equal bases",
            """
            ensemble: demo
            participants: 3
            ports: {quorum: 2888, election: 2888}

            """,
            expects: """
                t.yaml:3:33: error: server 1 has 2888 as its quorum port and as its election port (and 2 more like it) [election-port]
                    ports: {quorum: 2888, election: 2888}
                                                    ^
                  mend: begin the election ports elsewhere, e.g. election: 2988
                """),
        Case(
            "two addresses of the loopback interface",
            """
            ensemble: demo
            servers:
              - {id: 1, host: 127.0.0.1, ports: {client: 2181}}
              - {id: 2, host: 127.0.0.2, ports: {client: 2181}}
              - {id: 3, host: localhost}

            """,
            expects: """
                t.yaml:4:46: error: the client port of server 2 is 2181 on 127.0.0.2, which is the client port of server 1 already [port-conflict]
                      - {id: 2, host: 127.0.0.2, ports: {client: 2181}}
                                                                 ^
                  mend: give server 2 another client port, e.g. 2182
                """),
        Case(
            "one TLS port for all servers of a host",
            """
            ensemble: demo
            participants: 3
            settings:
              secureClientPort: 2281
              serverCnxnFactory: org.apache.zookeeper.server.NettyServerCnxnFactory
              ssl.keyStore.location: /srv/key.pem
              ssl.trustStore.location: /srv/trust.pem

            """,
            expects: """
                t.yaml:4:21: error: the secureClientPort of server 3 is 2281 on 127.0.0.1, which is the secureClientPort of server 1 already [port-conflict]
                      secureClientPort: 2281
                                        ^
                  mend: give server 3 another secureClientPort, e.g. 2282
                """),
        Case(
            "a metrics port that is taken by the plan",
            """
            ensemble: demo
            servers:
              - {id: 1, settings: {metricsProvider.httpPort: 8080}}

            """,
            expects: """
                t.yaml:3:50: error: the metricsProvider.httpPort of server 1 is 8080 on 127.0.0.1, which is the admin port of server 1 already [port-conflict]
                      - {id: 1, settings: {metricsProvider.httpPort: 8080}}
                                                                     ^
                  mend: give server 1 another metricsProvider.httpPort, e.g. 8081
                """),
        Case(
            "a TLS port and a quorum port",
            """
            ensemble: demo
            settings: {ssl.keyStore.location: /srv/key.pem, ssl.trustStore.location: /srv/trust.pem}
            servers:
              - {id: 1, settings: {secureClientPort: 2888, serverCnxnFactory: org.apache.zookeeper.server.NettyServerCnxnFactory}}

            """,
            expects: """
                t.yaml:4:42: error: the secureClientPort of server 1 is 2888 on 127.0.0.1, which is the quorum port of server 1 already [port-conflict]
                      - {id: 1, settings: {secureClientPort: 2888, serverCnxnFactory: org.apache.zookeeper.server.NettyServerCnxnFactory}}
                                                             ^
                  mend: give server 1 another secureClientPort, e.g. 2889
                """),
    ]
}

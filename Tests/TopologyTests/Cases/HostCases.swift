extension Case {
    static let hostCases: [Case] = [
        Case(
            "a host that a template forgot",
            """
            ensemble: demo
            servers: [{id: 1, host: "{{ zk1 }}"}]

            """,
            expects: """
                t.yaml:2:25: error: server 1 has the address '{{ zk1 }}': {{ zk1 }} was never filled in [placeholder]
                    servers: [{id: 1, host: "{{ zk1 }}"}]
                                            ^
                  mend: write the address of the host
                """),
        Case(
            "a host with a no-break space",
            "ensemble: demo\nservers: [{id: 1, host: zk1\u{A0}}]\n",
            expects: """
                t.yaml:2:25: error: server 1 has a no-break space (U+00A0) in its address 'zk1\u{A0}' [look-alike]
                    servers: [{id: 1, host: zk1\u{A0}}]
                                            ^
                  mend: write zk1
                """),
        Case(
            "a host that is not listed",
            """
            ensemble: demo
            hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
            servers:
              - {id: 1, host: a}
              - {id: 2, host: b}
              - {id: 3, host: d}

            """,
            expects: """
                t.yaml:2:35: warning: no server is on the host 'c' [host-unused]
                    hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
                                                      ^
                  mend: put one there (servers: - {id: 1, host: c}), or remove the host
                t.yaml:6:19: error: server 3 is on the host 'd', which is not under 'hosts' [host-unknown]
                      - {id: 3, host: d}
                                      ^
                  mend: add it: hosts: {d: 10.0.0.1}
                """),
        Case(
            "a misspelt host",
            """
            ensemble: demo
            hosts: {alpha: 10.0.0.1}
            servers:
              - {id: 1, host: alpa}

            """,
            expects: """
                t.yaml:2:9: warning: no server is on the host 'alpha' [host-unused]
                    hosts: {alpha: 10.0.0.1}
                            ^
                  mend: put one there (servers: - {id: 1, host: alpha}), or remove the host
                t.yaml:4:19: error: server 1 is on the host 'alpa', which is not under 'hosts' [host-unknown]
                      - {id: 1, host: alpa}
                                      ^
                  mend: did you mean 'alpha'?
                """),
        Case(
            "an address with a port",
            """
            ensemble: demo
            servers:
              - {id: 1, host: '10.0.0.1:2181'}

            """,
            expects: """
                t.yaml:3:19: error: server 1 has '10.0.0.1:2181', which is neither an address nor a name: it has a port behind it [host-address]
                      - {id: 1, host: '10.0.0.1:2181'}
                                      ^
                  mend: write the address alone; ports go under 'ports:'
                """),
        Case(
            "a broken IPv4 address",
            """
            ensemble: demo
            hosts: {a: 10.0.0.256}
            servers:
              - {id: 1, host: a}

            """,
            expects: """
                t.yaml:2:12: error: the host 'a' has '10.0.0.256', which is neither an address nor a name: 256 is above 255 [host-address]
                    hosts: {a: 10.0.0.256}
                               ^
                  mend: write an IPv4 or IPv6 address, or a name of letters, digits, '-' and '.'
                """),
        Case(
            "a bracketed IPv6 address",
            """
            ensemble: demo
            servers:
              - {id: 1, host: '[::1]'}

            """,
            expects: """
                t.yaml:3:19: error: server 1 has '[::1]', which is neither an address nor a name: it has brackets [host-address]
                      - {id: 1, host: '[::1]'}
                                      ^
                  mend: write the IPv6 address without brackets, in quotes
                """),
        Case(
            "a host name with a blank",
            """
            ensemble: demo
            servers:
              - {id: 1, host: 'zoo 1'}

            """,
            expects: """
                t.yaml:3:19: error: server 1 has 'zoo 1', which is neither an address nor a name: it has a blank inside [host-address]
                      - {id: 1, host: 'zoo 1'}
                                      ^
                  mend: write an IPv4 or IPv6 address, or a name of letters, digits, '-' and '.'
                """),
        Case(
            "every interface",
            """
            ensemble: demo
            hosts: {a: 0.0.0.0}
            servers:
              - {id: 1, host: a}

            """,
            expects: """
                t.yaml:2:12: error: the host 'a' has the address 0.0.0.0, which means every interface: other servers and clients cannot connect to it [wildcard-address]
                    hosts: {a: 0.0.0.0}
                               ^
                  mend: write the address that the others use, e.g. 127.0.0.1 when all are on this machine
                """),
        Case(
            "every interface, IPv6",
            """
            ensemble: demo
            servers:
              - {id: 1, host: '::'}

            """,
            expects: """
                t.yaml:3:19: error: server 1 has the address ::, which means every interface: other servers and clients cannot connect to it [wildcard-address]
                      - {id: 1, host: '::'}
                                      ^
                  mend: write the address that the others use, e.g. 127.0.0.1 when all are on this machine
                """),
        Case(
            "loopback among other machines",
            """
            ensemble: demo
            hosts: {a: 127.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
            servers:
              - {id: 1, host: a}
              - {id: 2, host: b}
              - {id: 3, host: c}

            """,
            expects: """
                t.yaml:2:12: error: server 1 has the loopback address 127.0.0.1, but the ensemble has other machines [loopback-address]
                    hosts: {a: 127.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
                               ^
                  mend: write the address at which the other machines reach it
                """),
        Case(
            "a forgotten host",
            """
            ensemble: demo
            hosts: {b: 10.0.0.2, c: 10.0.0.3}
            servers:
              - {id: 1}
              - {id: 2, host: b}
              - {id: 3, host: c}

            """,
            expects: """
                t.yaml:4:10: error: server 1 has the loopback address 127.0.0.1, but the ensemble has other machines [loopback-address]
                      - {id: 1}
                             ^
                  mend: write the address at which the other machines reach it
                """),
        Case(
            "two names of one machine",
            """
            ensemble: demo
            hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3, d: 10.0.0.1}
            servers:
              - {id: 1, host: a}
              - {id: 2, host: b}
              - {id: 3, host: c}
              - {id: 4, host: d, role: observer}

            """,
            expects: """
                t.yaml:2:51: warning: the hosts 'a' and 'd' are the same machine, 10.0.0.1 [host-twice]
                    hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3, d: 10.0.0.1}
                                                                      ^
                  mend: keep one of the two names, or correct the address
                """),
        Case(
            "hosts beside the shorthand",
            """
            ensemble: demo
            participants: 3
            hosts: {a: 10.0.0.1}

            """,
            expects: """
                t.yaml:3:9: warning: no server is on the host 'a' [host-unused]
                    hosts: {a: 10.0.0.1}
                            ^
                  mend: put one there (servers: - {id: 1, host: a}), or remove the host
                """),
        Case(
            "a machine that holds the quorum",
            """
            ensemble: demo
            hosts: {a: 10.0.0.1, b: 10.0.0.2}
            servers:
              - {id: 1, host: a}
              - {id: 2, host: b}
              - {id: 3, host: a}

            """,
            expects: """
                t.yaml:2:12: warning: 2 of 3 participants are on 10.0.0.1: when it fails, no quorum is left [host-holds-quorum]
                    hosts: {a: 10.0.0.1, b: 10.0.0.2}
                               ^
                  mend: spread the participants over at least three machines, fewer than half on each
                """),
    ]
}

extension Case {
    static let fileCases: [Case] = [
        Case(
            "a number with a zero before it",
            """
            ensemble: demo
            participants: 03

            """,
            expects: """
                t.yaml:2:15: error: 'participants' is '03', which some readers of YAML take for 3 and others for another number or text [leading-zero]
                    participants: 03
                                  ^
                  mend: write 3
                """),
        Case(
            "no name",
            """
            participants: 3

            """,
            expects: """
                t.yaml:1:1: error: the topology has no 'ensemble' [missing-key]
                    participants: 3
                    ^
                  mend: name it: ensemble: demo
                """),
        Case(
            "an empty name",
            """
            ensemble: ''
            participants: 3

            """,
            expects: """
                t.yaml:1:11: error: '' is no name for an ensemble [ensemble-name]
                    ensemble: ''
                              ^
                  mend: use up to 64 small letters a-z, digits and '-'
                """),
        Case(
            "a name with capitals",
            """
            ensemble: Orders
            participants: 3

            """,
            expects: """
                t.yaml:1:11: error: 'Orders' is no name for an ensemble [ensemble-name]
                    ensemble: Orders
                              ^
                  mend: use up to 64 small letters a-z, digits and '-'
                """),
        Case(
            "a name that reads as an option",
            """
            ensemble: -x
            participants: 3

            """,
            expects: """
                t.yaml:1:11: error: the name '-x' would read as an option on a command line [ensemble-name]
                    ensemble: -x
                              ^
                  mend: begin it with a letter or a digit
                """),
        Case(
            "a name that is a list",
            """
            ensemble: [demo]
            participants: 3

            """,
            expects: """
                t.yaml:1:11: error: 'ensemble' must be text, not a list [wrong-type]
                    ensemble: [demo]
                              ^
                  mend: name it: ensemble: demo
                """),
        Case(
            "a file that is no mapping",
            """
            - ensemble: demo

            """,
            expects: """
                t.yaml:1:1: error: the topology must be a mapping, not a list [wrong-type]
                    - ensemble: demo
                    ^
                  mend: write its keys as 'ensemble: …', one a line
                """),
        Case(
            "a file that is a word",
            """
            demo

            """,
            expects: """
                t.yaml:1:1: error: the topology must be a mapping, not 'demo' [wrong-type]
                    demo
                    ^
                  mend: write its keys as 'ensemble: …', one a line
                """),
        Case(
            "a misspelt key",
            """
            ensemble: demo
            partcipants: 3

            """,
            expects: """
                t.yaml:2:1: error: the topology has no key 'partcipants' [unknown-key]
                    partcipants: 3
                    ^
                  mend: did you mean 'participants'?
                """),
        Case(
            "a key that is like none",
            """
            ensemble: demo
            participants: 3
            colour: red

            """,
            expects: """
                t.yaml:3:1: error: the topology has no key 'colour' [unknown-key]
                    colour: red
                    ^
                  mend: use one of ensemble, engine, participants, observers, hosts, servers, ports, serverLines, logLevel, settings, or remove it
                """),
        Case(
            "a setting at the top",
            """
            ensemble: demo
            participants: 3
            tickTime: 2000

            """,
            expects: """
                t.yaml:3:1: error: the topology has no key 'tickTime' [unknown-key]
                    tickTime: 2000
                    ^
                  mend: put 'tickTime' under 'settings:'
                """),
        Case(
            "a misspelt key of a server",
            """
            ensemble: demo
            servers:
              - {id: 1, rol: observer}

            """,
            expects: """
                t.yaml:3:13: error: a server has no key 'rol' [unknown-key]
                      - {id: 1, rol: observer}
                                ^
                  mend: did you mean 'role'?
                """),
        Case(
            "a misspelt port",
            """
            ensemble: demo
            participants: 3
            ports: {clinet: 2181}

            """,
            expects: """
                t.yaml:3:9: error: 'ports' has no key 'clinet' [unknown-key]
                    ports: {clinet: 2181}
                            ^
                  mend: did you mean 'client'?
                """),
        Case(
            "neither form",
            """
            ensemble: demo

            """,
            expects: """
                t.yaml:1:1: error: the topology has no 'participants' [missing-key]
                    ensemble: demo
                    ^
                  mend: write participants: 3, or name each server under 'servers'
                """),
        Case(
            "observers alone",
            """
            ensemble: demo
            observers: 1

            """,
            expects: """
                t.yaml:2:1: error: the topology has no 'participants' [missing-key]
                    observers: 1
                    ^
                  mend: write participants: 3, or name each server under 'servers'
                """),
        Case(
            "both forms",
            """
            ensemble: demo
            participants: 3
            servers:
              - {id: 1}

            """,
            expects: """
                t.yaml:2:1: error: 'participants' cannot stand beside 'servers' (line 3) [two-forms]
                    participants: 3
                    ^
                  mend: count servers with 'participants' and 'observers', or name each under 'servers', not both
                """),
        Case(
            "a number that is none",
            """
            ensemble: demo
            participants: three

            """,
            expects: """
                t.yaml:2:15: error: 'participants' must be a whole number, not 'three' [wrong-type]
                    participants: three
                                  ^
                  mend: write how many, e.g. 3
                """),
        Case(
            "a negative number",
            """
            ensemble: demo
            participants: 3
            observers: -1

            """,
            expects: """
                t.yaml:3:12: error: 'observers' must be 0 or more, not '-1' [wrong-type]
                    observers: -1
                               ^
                  mend: write how many, e.g. 3
                """),
        Case(
            "a number that was left out",
            """
            ensemble: demo
            participants:

            """,
            expects: """
                t.yaml:2:14: error: 'participants' must be a whole number, not empty [wrong-type]
                    participants:
                                 ^
                  mend: write how many, e.g. 3
                """),
        Case(
            "servers that are no list",
            """
            ensemble: demo
            servers: {id: 1}

            """,
            expects: """
                t.yaml:2:10: error: 'servers' must be a list, not a mapping [wrong-type]
                    servers: {id: 1}
                             ^
                  mend: write one line a server: - {id: 1, host: a}
                """),
        Case(
            "a server that is a number",
            """
            ensemble: demo
            servers: [1, 2, 3]

            """,
            expects: """
                t.yaml:2:11: error: a server must be a mapping, not '1' [wrong-type]
                    servers: [1, 2, 3]
                              ^
                  mend: write its keys as 'id: …', one a line
                t.yaml:2:14: error: a server must be a mapping, not '2' [wrong-type]
                    servers: [1, 2, 3]
                                 ^
                  mend: write its keys as 'id: …', one a line
                t.yaml:2:17: error: a server must be a mapping, not '3' [wrong-type]
                    servers: [1, 2, 3]
                                    ^
                  mend: write its keys as 'id: …', one a line
                """),
        Case(
            "a server without an id",
            """
            ensemble: demo
            servers:
              - {host: a}

            """,
            expects: """
                t.yaml:3:5: error: this server has no 'id' [missing-key]
                      - {host: a}
                        ^
                  mend: give it an id from 1 to 255: id: 1
                """),
        Case(
            "an id that is a word",
            """
            ensemble: demo
            servers:
              - {id: one}

            """,
            expects: """
                t.yaml:3:10: error: 'id' must be a whole number, not 'one' [wrong-type]
                      - {id: one}
                             ^
                  mend: write a number from 1 to 255
                """),
        Case(
            "an unknown role",
            """
            ensemble: demo
            servers:
              - {id: 1, role: obsever}

            """,
            expects: """
                t.yaml:3:19: error: 'role' of server 1 must be participant or observer, not 'obsever' [wrong-type]
                      - {id: 1, role: obsever}
                                      ^
                  mend: did you mean 'observer'?
                """),
        Case(
            "a misspelt line style",
            """
            ensemble: demo
            participants: 3
            serverLines: clasic

            """,
            expects: """
                t.yaml:3:14: error: 'serverLines' must be modern or classic, not 'clasic' [wrong-type]
                    serverLines: clasic
                                 ^
                  mend: did you mean 'classic'?
                """),
        Case(
            "hosts that are a list",
            """
            ensemble: demo
            hosts: [10.0.0.1]
            participants: 3

            """,
            expects: """
                t.yaml:2:8: error: 'hosts' must be a mapping, not a list [wrong-type]
                    hosts: [10.0.0.1]
                           ^
                  mend: write one line a host: a: 10.0.0.1
                """),
        Case(
            "a text with a line break",
            """
            ensemble: demo
            participants: 3
            settings: {dataLogDir: "/a\\nserver.9=x"}

            """,
            expects: """
                t.yaml:3:24: error: the setting 'dataLogDir' contains a line break or another control character [wrong-type]
                    settings: {dataLogDir: "/a\\nserver.9=x"}
                                           ^
                  mend: write it on one line without escapes
                """),
        Case(
            "a list among the settings",
            """
            ensemble: demo
            participants: 3
            settings: {tickTime: [2000]}

            """,
            expects: """
                t.yaml:3:22: error: the setting 'tickTime' must be text, not a list [wrong-type]
                    settings: {tickTime: [2000]}
                                         ^
                  mend: write its value, or remove the key
                """),
        Case(
            "a setting without a value",
            """
            ensemble: demo
            participants: 3
            settings:
              tickTime:

            """,
            expects: """
                t.yaml:4:12: error: the setting 'tickTime' must be text, not empty [wrong-type]
                      tickTime:
                               ^
                  mend: write its value, or remove the key
                """),
        Case(
            "several problems at once, in the order of the file",
            """
            ensemble: Demo
            participants: 4
            ports: {client: 99999, quorum: x}
            settings:
              tickTme: 5
              forceSync: false

            """,
            expects: """
                t.yaml:1:11: error: 'Demo' is no name for an ensemble [ensemble-name]
                    ensemble: Demo
                              ^
                  mend: use up to 64 small letters a-z, digits and '-'
                t.yaml:2:15: warning: 4 participants tolerate one failure, no more than 3 do [even-participants]
                    participants: 4
                                  ^
                  mend: use 3 or 5 participants, or make one an observer
                t.yaml:3:17: error: the client port is 99999, outside 1…65535 [server-port]
                    ports: {client: 99999, quorum: x}
                                    ^
                  mend: write a port from 1024 to 65535
                t.yaml:3:32: error: the quorum port must be a whole number, not 'x' [wrong-type]
                    ports: {client: 99999, quorum: x}
                                                   ^
                  mend: write a port from 1024 to 65535
                t.yaml:5:3: error: 'tickTme' is no key of ZooKeeper; did you mean 'tickTime'? [unknown-key]
                      tickTme: 5
                      ^
                  mend: write tickTime
                t.yaml:6:14: error: forceSync is 'false' [value]
                      forceSync: false
                                 ^
                  mend: write forceSync as yes or no
                """),
    ]
}

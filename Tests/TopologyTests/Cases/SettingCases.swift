extension Case {
    static let settingCases: [Case] = [
        Case(
            "SASL",
            """
            ensemble: demo
            participants: 3
            settings:
              sasl.usersPath: /srv/users
              java.security.auth.login.config: /srv/jaas
              superUser: root
              sessionRequireClientSASLAuth: true
              quorum.auth.enableSasl: true

            """,
            expects: ""),
        Case(
            "SASL that is asked for and not there",
            """
            ensemble: demo
            participants: 3
            settings:
              sessionRequireClientSASLAuth: true

            """,
            expects: """
                t.yaml:4:33: error: sessionRequireClientSASLAuth asks every client for SASL, and the scheme sasl is not there: no client would be let in [no-schemes]
                      sessionRequireClientSASLAuth: true
                                                    ^
                  mend: add authProvider.1: org.apache.zookeeper.server.auth.SASLAuthenticationProvider
                """),
        Case(
            "SASL on Apache's server",
            """
            ensemble: demo
            engine: apache
            participants: 3
            settings:
              authProvider.1: org.apache.zookeeper.server.auth.SASLAuthenticationProvider
              quorum.auth.enableSasl: true

            """,
            expects: ""),
        Case(
            "TLS between servers without keys",
            """
            ensemble: demo
            participants: 3
            settings: {sslQuorum: true}

            """,
            expects: """
                t.yaml:3:12: error: sslQuorum needs the server's key and certificate, and ssl.quorum.keyStore.location is not set [tls-key]
                    settings: {sslQuorum: true}
                               ^
                  mend: set ssl.quorum.keyStore.location to a PEM file with both, or to a PKCS12 file
                t.yaml:3:12: error: sslQuorum needs the certificates that the other servers are checked against, and ssl.quorum.trustStore.location is not set [tls-key]
                    settings: {sslQuorum: true}
                               ^
                  mend: set ssl.quorum.trustStore.location to a PEM file with them
                """),
        Case(
            "a setting with a zero before it",
            """
            ensemble: demo
            participants: 3
            settings: {tickTime: 02000}

            """,
            expects: """
                t.yaml:3:22: error: tickTime is '02000', which ZooKeeper reads as 2000 [leading-zero]
                    settings: {tickTime: 02000}
                                         ^
                  mend: write tickTime: 2000
                """),
        Case(
            "a path that nobody expands",
            """
            ensemble: demo
            participants: 1
            settings: {dataLogDir: ~/log}

            """,
            expects: """
                t.yaml:3:24: error: dataLogDir is '~/log': '~' is not expanded, a directory named '~' would be made [placeholder]
                    settings: {dataLogDir: ~/log}
                                           ^
                  mend: write the whole path
                """),
        Case(
            "a misspelt setting",
            """
            ensemble: demo
            participants: 3
            settings: {tickTme: 2000}

            """,
            expects: """
                t.yaml:3:12: error: 'tickTme' is no key of ZooKeeper; did you mean 'tickTime'? [unknown-key]
                    settings: {tickTme: 2000}
                               ^
                  mend: write tickTime
                """),
        Case(
            "a property of one's own",
            """
            ensemble: demo
            participants: 3
            settings: {some.plugin.colour: red}

            """,
            expects: """
                t.yaml:3:12: warning: 'some.plugin.colour' is no key of ZooKeeper [unknown-key]
                    settings: {some.plugin.colour: red}
                               ^
                  mend: remove it
                """),
        Case(
            "a needless prefix",
            """
            ensemble: demo
            participants: 3
            settings: {zookeeper.snapCount: 1000}

            """,
            expects: """
                t.yaml:3:12: warning: 'zookeeper.snapCount' has no effect: ZooKeeper puts 'zookeeper.' before a key by itself [needless-prefix]
                    settings: {zookeeper.snapCount: 1000}
                               ^
                  mend: write snapCount
                """),
        Case(
            "a key that tunes the JVM server",
            """
            ensemble: demo
            participants: 3
            settings: {jute.maxbuffer: 4194304, maxBatchSize: 500}

            """,
            expects: """
                t.yaml:3:37: warning: maxBatchSize tunes the JVM server and has no effect on the bundled one [no-effect]
                    settings: {jute.maxbuffer: 4194304, maxBatchSize: 500}
                                                        ^
                  mend: remove it, or write engine: apache
                """),
        Case(
            "a number that is a word",
            """
            ensemble: demo
            participants: 3
            settings: {tickTime: fast}

            """,
            expects: """
                t.yaml:3:22: error: tickTime is 'fast', not a whole number [value]
                    settings: {tickTime: fast}
                                         ^
                  mend: write tickTime as a whole number, 1 or more, in ms
                """),
        Case(
            "a number out of range",
            """
            ensemble: demo
            participants: 3
            settings: {tickTime: 0}

            """,
            expects: """
                t.yaml:3:22: error: tickTime is 0 [value]
                    settings: {tickTime: 0}
                                         ^
                  mend: write tickTime as a whole number, 1 or more, in ms
                """),
        Case(
            "yes for true",
            """
            ensemble: demo
            participants: 3
            settings: {reconfigEnabled: yes}

            """,
            expects: """
                t.yaml:3:29: error: reconfigEnabled is 'yes' [value]
                    settings: {reconfigEnabled: yes}
                                                ^
                  mend: write reconfigEnabled as true or false
                """),
        Case(
            "a deprecated key",
            """
            ensemble: demo
            participants: 3
            settings: {electionAlg: 3}

            """,
            expects: """
                t.yaml:3:12: warning: 'electionAlg' is deprecated: only 3 is left since ZooKeeper 3.6 [deprecated-key]
                    settings: {electionAlg: 3}
                               ^
                  mend: remove it
                """),
        Case(
            "a client port among the settings",
            """
            ensemble: demo
            participants: 3
            settings: {clientPort: 2181}

            """,
            expects: """
                t.yaml:3:12: error: 'clientPort' is written by paddock itself [owned-setting]
                    settings: {clientPort: 2181}
                               ^
                  mend: write ports: {client: 2181}
                """),
        Case(
            "an admin port among the settings",
            """
            ensemble: demo
            participants: 3
            settings: {admin.serverPort: 8080}

            """,
            expects: """
                t.yaml:3:12: error: 'admin.serverPort' is written by paddock itself [owned-setting]
                    settings: {admin.serverPort: 8080}
                               ^
                  mend: write ports: {admin: 8080}
                """),
        Case(
            "a data directory",
            """
            ensemble: demo
            participants: 3
            settings: {dataDir: /var/lib/zookeeper}

            """,
            expects: """
                t.yaml:3:12: error: 'dataDir' is written by paddock itself [owned-setting]
                    settings: {dataDir: /var/lib/zookeeper}
                               ^
                  mend: remove it: a server keeps its data in its own directory; put txn logs on another disk with dataLogDir
                """),
        Case(
            "a server line among the settings",
            """
            ensemble: demo
            participants: 3
            settings:
              server.1: 10.0.0.1:2888:3888

            """,
            expects: """
                t.yaml:4:3: error: 'server.1' is written by paddock itself [owned-setting]
                      server.1: 10.0.0.1:2888:3888
                      ^
                  mend: name the server under 'servers'
                """),
        Case(
            "a weight among the settings",
            """
            ensemble: demo
            participants: 3
            settings: {weight.2: 3}

            """,
            expects: """
                t.yaml:3:12: error: 'weight.2' is written by paddock itself [owned-setting]
                    settings: {weight.2: 3}
                               ^
                  mend: write weight: 3 for server 2
                """),
        Case(
            "a group among the settings",
            """
            ensemble: demo
            participants: 3
            settings:
              group.1: '1:2:3'

            """,
            expects: """
                t.yaml:4:3: error: 'group.1' is written by paddock itself [owned-setting]
                      group.1: '1:2:3'
                      ^
                  mend: write group: 1 for each server of it
                """),
        Case(
            "a peer type among the settings",
            """
            ensemble: demo
            servers:
              - {id: 1, settings: {peerType: observer}}

            """,
            expects: """
                t.yaml:3:24: error: 'peerType' is written by paddock itself [owned-setting]
                      - {id: 1, settings: {peerType: observer}}
                                           ^
                  mend: write role: observer for the server
                """),
        Case(
            "a client address and a dynamic file among the settings",
            """
            ensemble: demo
            participants: 3
            settings: {clientPortAddress: 0.0.0.0, dynamicConfigFile: x}

            """,
            expects: """
                t.yaml:3:12: error: 'clientPortAddress' is written by paddock itself [owned-setting]
                    settings: {clientPortAddress: 0.0.0.0, dynamicConfigFile: x}
                               ^
                  mend: remove it: clients are served at the host of the server
                t.yaml:3:40: error: 'dynamicConfigFile' is written by paddock itself [owned-setting]
                    settings: {clientPortAddress: 0.0.0.0, dynamicConfigFile: x}
                                                           ^
                  mend: remove it: the servers are those of this file
                """),
        Case(
            "a relative log directory",
            """
            ensemble: demo
            servers:
              - {id: 1, settings: {dataLogDir: log}}

            """,
            expects: """
                t.yaml:3:36: error: dataLogDir is 'log', which depends on the working directory [data-dir-relative]
                      - {id: 1, settings: {dataLogDir: log}}
                                                       ^
                  mend: write the whole path, e.g. /var/lib/zookeeper-log/1
                """),
        Case(
            "one log directory for all",
            """
            ensemble: demo
            participants: 3
            settings: {dataLogDir: /fast/zk}

            """,
            expects: """
                t.yaml:3:24: error: servers 1 and 2 on 127.0.0.1 have the same dataLogDir: each would destroy the other's log [data-dir-shared]
                    settings: {dataLogDir: /fast/zk}
                                           ^
                  mend: give each server its own under 'servers', e.g. settings: {dataLogDir: /fast/zk/2}
                """),
        Case(
            "one log directory for two",
            """
            ensemble: demo
            servers:
              - {id: 1, settings: {dataLogDir: /fast/zk}}
              - {id: 2}
              - {id: 3, settings: {dataLogDir: /fast//zk/}}

            """,
            expects: """
                t.yaml:5:36: error: servers 1 and 3 on 127.0.0.1 have the same dataLogDir: each would destroy the other's log [data-dir-shared]
                      - {id: 3, settings: {dataLogDir: /fast//zk/}}
                                                       ^
                  mend: give each server its own under 'servers', e.g. settings: {dataLogDir: /fast/zk/3}
                """),
        Case(
            "an init limit that is too short",
            """
            ensemble: demo
            participants: 3
            settings: {initLimit: 1, tickTime: 500}

            """,
            expects: """
                t.yaml:3:23: warning: initLimit (1) is less than syncLimit (5): joining and syncing takes longer than staying [limit-order]
                    settings: {initLimit: 1, tickTime: 500}
                                          ^
                  mend: make initLimit at least 5
                t.yaml:3:23: warning: initLimit × tickTime is 500 ms: too short for a follower to connect and sync [limit-tight]
                    settings: {initLimit: 1, tickTime: 500}
                                          ^
                  mend: make it 10000 ms or more
                """),
        Case(
            "a sync limit of 1",
            """
            ensemble: demo
            participants: 3
            settings: {syncLimit: 1}

            """,
            expects: """
                t.yaml:3:23: warning: syncLimit is 1: a follower that misses one ping is dropped by the leader [limit-tight]
                    settings: {syncLimit: 1}
                                          ^
                  mend: write syncLimit: 5
                """),
        Case(
            "a sync limit above the init limit",
            """
            ensemble: demo
            participants: 3
            settings: {syncLimit: 20}

            """,
            expects: """
                t.yaml:3:23: warning: initLimit (10) is less than syncLimit (20): joining and syncing takes longer than staying [limit-order]
                    settings: {syncLimit: 20}
                                          ^
                  mend: make initLimit at least 20
                """),
        Case(
            "limits that overflow",
            """
            ensemble: demo
            participants: 3
            settings: {tickTime: 100000, initLimit: 100000}

            """,
            expects: """
                t.yaml:3:41: error: initLimit × tickTime is 10000000000 ms, more than a Java int holds: the timeout turns negative [limit-overflow]
                    settings: {tickTime: 100000, initLimit: 100000}
                                                            ^
                  mend: make initLimit × tickTime less than 2147483647 ms
                """),
        Case(
            "a tick that is too short",
            """
            ensemble: demo
            participants: 3
            settings: {tickTime: 50}

            """,
            expects: """
                t.yaml:3:22: warning: initLimit × tickTime is 500 ms: too short for a follower to connect and sync [limit-tight]
                    settings: {tickTime: 50}
                                         ^
                  mend: make it 10000 ms or more
                t.yaml:3:22: warning: tickTime is 50 ms: any pause of the machine expires sessions and drops followers [tick-short]
                    settings: {tickTime: 50}
                                         ^
                  mend: write tickTime: 2000
                """),
        Case(
            "session timeouts the wrong way round",
            """
            ensemble: demo
            participants: 3
            settings: {minSessionTimeout: 60000}

            """,
            expects: """
                t.yaml:3:31: error: minSessionTimeout (60000 ms) is larger than maxSessionTimeout (40000 ms, 20 ticks) [session-timeout]
                    settings: {minSessionTimeout: 60000}
                                                  ^
                  mend: make minSessionTimeout at most 40000
                """),
        Case(
            "SASL half on",
            """
            ensemble: demo
            participants: 3
            settings: {quorum.auth.serverRequireSasl: true, quorum.auth.learnerRequireSasl: true}

            """,
            expects: """
                t.yaml:3:43: error: quorum.auth.serverRequireSasl needs quorum.auth.enableSasl=true [quorum-sasl]
                    settings: {quorum.auth.serverRequireSasl: true, quorum.auth.learnerRequireSasl: true}
                                                              ^
                  mend: write quorum.auth.enableSasl: true, or remove quorum.auth.serverRequireSasl
                t.yaml:3:81: error: quorum.auth.learnerRequireSasl needs quorum.auth.enableSasl=true [quorum-sasl]
                    settings: {quorum.auth.serverRequireSasl: true, quorum.auth.learnerRequireSasl: true}
                                                                                                    ^
                  mend: write quorum.auth.enableSasl: true, or remove quorum.auth.learnerRequireSasl
                """),
        Case(
            "a TLS port without Netty",
            """
            ensemble: demo
            settings: {ssl.keyStore.location: /srv/key.jks}
            servers:
              - {id: 1, engine: apache, settings: {secureClientPort: 2281}}

            """,
            expects: """
                t.yaml:4:40: error: secureClientPort needs the Netty listener, and the default one of Apache's server stops it [tls-factory]
                      - {id: 1, engine: apache, settings: {secureClientPort: 2281}}
                                                           ^
                  mend: add serverCnxnFactory: org.apache.zookeeper.server.NettyServerCnxnFactory
                """),
        Case(
            "an unknown four-letter word",
            """
            ensemble: demo
            participants: 3
            settings: {4lw.commands.whitelist: 'srvr, mntr, rouk'}

            """,
            expects: """
                t.yaml:3:47: warning: 'rouk' is no four-letter word of ZooKeeper [whitelist-word]
                    settings: {4lw.commands.whitelist: 'srvr, mntr, rouk'}
                                                                  ^
                  mend: remove it
                """),
        Case(
            "a whitelist that hides readiness",
            """
            ensemble: demo
            participants: 3
            settings: {4lw.commands.whitelist: ruok}

            """,
            expects: """
                t.yaml:3:36: warning: without srvr and mntr nobody can see whether a server is ready and has caught up [whitelist-narrow]
                    settings: {4lw.commands.whitelist: ruok}
                                                       ^
                  mend: add srvr, mntr
                """),
        Case(
            "every word, in production",
            """
            ensemble: demo
            hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
            settings: {4lw.commands.whitelist: '*'}
            servers:
              - {id: 1, host: a}
              - {id: 2, host: b}
              - {id: 3, host: c}

            """,
            expects: """
                t.yaml:3:36: warning: every four-letter word is open to anyone who reaches the client port; wchc and wchp can stall the server [whitelist-wide]
                    settings: {4lw.commands.whitelist: '*'}
                                                       ^
                  mend: name the words you need, e.g. srvr, mntr, ruok, isro
                """),
        Case(
            "no fsync, in production",
            """
            ensemble: demo
            hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}
            settings: {forceSync: 'no'}
            servers:
              - {id: 1, host: a}
              - {id: 2, host: b}
              - {id: 3, host: c}

            """,
            expects: """
                t.yaml:3:23: warning: forceSync=no: acknowledged writes are lost when the machine stops [unsafe-setting]
                    settings: {forceSync: 'no'}
                                          ^
                  mend: remove it, except in a test
                """),
        Case(
            "reconfig on one server only",
            """
            ensemble: demo
            servers:
              - {id: 1}
              - {id: 2, settings: {reconfigEnabled: true}}
              - {id: 3}

            """,
            expects: """
                t.yaml:4:41: error: reconfigEnabled is true on server 2, but false on server 1: the servers would elect without end [setting-differs]
                      - {id: 2, settings: {reconfigEnabled: true}}
                                                            ^
                  mend: set it once, under the 'settings' of all servers
                """),
        Case(
            "TLS between some servers only",
            """
            ensemble: demo
            settings: {ssl.quorum.keyStore.location: /srv/key.pem, ssl.quorum.trustStore.location: /srv/trust.pem}
            servers:
              - {id: 1}
              - {id: 2, settings: {sslQuorum: true, portUnification: true}}
              - {id: 3}

            """,
            expects: """
                t.yaml:5:35: error: sslQuorum is true on server 2, but false on server 1: the servers cannot talk to each other [setting-differs]
                      - {id: 2, settings: {sslQuorum: true, portUnification: true}}
                                                      ^
                  mend: set it once, under the 'settings' of all servers
                """),
        Case(
            "another tick on one server",
            """
            ensemble: demo
            settings: {tickTime: 2000}
            servers:
              - {id: 1}
              - {id: 2}
              - {id: 3, settings: {tickTime: 3000}}

            """,
            expects: """
                t.yaml:6:34: warning: tickTime is 3000 on server 3, but 2000 on server 1: the servers measure time differently [setting-differs]
                      - {id: 3, settings: {tickTime: 3000}}
                                                     ^
                  mend: set it once, under the 'settings' of all servers
                """),
        Case(
            "a mistake that an alias repeats",
            """
            ensemble: demo
            servers:
              - {id: 1, settings: &s {tickTime: 0}}
              - {id: 2, settings: *s}
              - {id: 3, settings: *s}

            """,
            expects: """
                t.yaml:3:37: error: tickTime is 0 [value]
                      - {id: 1, settings: &s {tickTime: 0}}
                                                        ^
                  mend: write tickTime as a whole number, 1 or more, in ms
                """),
    ]
}

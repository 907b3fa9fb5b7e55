extension Case {
    static let quorumCases: [Case] = [
        Case(
            "no participants",
            """
            ensemble: demo
            participants: 0

            """,
            expects: """
                t.yaml:2:15: error: the ensemble has no participant [no-participants]
                    participants: 0
                                  ^
                  mend: use one participant, or three to tolerate a failure
                """),
        Case(
            "observers only",
            """
            ensemble: demo
            servers:
              - {id: 1, role: observer}

            """,
            expects: """
                t.yaml:2:1: error: the ensemble has no participant: observers cannot elect a leader [no-participants]
                    servers:
                    ^
                  mend: use one participant, or three to tolerate a failure
                """),
        Case(
            "an empty list",
            """
            ensemble: demo
            servers: []

            """,
            expects: """
                t.yaml:2:1: error: the ensemble has no participant [no-participants]
                    servers: []
                    ^
                  mend: use one participant, or three to tolerate a failure
                """),
        Case(
            "two participants",
            """
            ensemble: demo
            participants: 2

            """,
            expects: """
                t.yaml:2:15: warning: 2 participants tolerate no failure: both are needed for a quorum, so this is less reliable than 1 [even-participants]
                    participants: 2
                                  ^
                  mend: use 3 participants to tolerate one failure
                """),
        Case(
            "four participants",
            """
            ensemble: demo
            participants: 4

            """,
            expects: """
                t.yaml:2:15: warning: 4 participants tolerate one failure, no more than 3 do [even-participants]
                    participants: 4
                                  ^
                  mend: use 3 or 5 participants, or make one an observer
                """),
        Case(
            "six participants by name",
            """
            ensemble: demo
            servers: [{id: 1}, {id: 2}, {id: 3}, {id: 4}, {id: 5}, {id: 6}]

            """,
            expects: """
                t.yaml:2:1: warning: 6 participants tolerate 2 failures, no more than 5 do [even-participants]
                    servers: [{id: 1}, {id: 2}, {id: 3}, {id: 4}, {id: 5}, {id: 6}]
                    ^
                  mend: use 5 or 7 participants, or make one an observer
                """),
        Case(
            "nine participants",
            """
            ensemble: demo
            participants: 9

            """,
            expects: """
                t.yaml:2:15: warning: 9 participants: every write waits for 5 of them [many-participants]
                    participants: 9
                                  ^
                  mend: use 5 or 7 participants and make the others observers, which serve reads without a vote
                """),
        Case(
            "observers beside a standalone server",
            """
            ensemble: demo
            participants: 1
            observers: 2

            """,
            expects: """
                t.yaml:3:12: error: one participant runs standalone, and ZooKeeper refuses observers beside a standalone server [observers-without-quorum]
                    observers: 2
                               ^
                  mend: use 3 participants, or put standaloneEnabled: false under 'settings'
                """),
        Case(
            "observers beside a standalone server, by name",
            """
            ensemble: demo
            servers:
              - {id: 1}
              - {id: 2, role: observer}

            """,
            expects: """
                t.yaml:4:10: error: one participant runs standalone, and ZooKeeper refuses observers beside a standalone server [observers-without-quorum]
                      - {id: 2, role: observer}
                             ^
                  mend: use 3 participants, or put standaloneEnabled: false under 'settings'
                """),
        Case(
            "a participant without a group",
            """
            ensemble: demo
            servers:
              - {id: 1, group: 1}
              - {id: 2, group: 1}
              - {id: 3}

            """,
            expects: """
                t.yaml:5:10: error: server 3 has no group, but others have: ZooKeeper wants every participant in one [group]
                      - {id: 3}
                             ^
                  mend: give it a group, e.g. group: 1
                """),
        Case(
            "a weight without groups",
            """
            ensemble: demo
            servers:
              - {id: 1}
              - {id: 2, weight: 3}
              - {id: 3}

            """,
            expects: """
                t.yaml:4:21: error: server 2 has a weight, but there are no groups: votes are weighed inside groups only [group]
                      - {id: 2, weight: 3}
                                        ^
                  mend: give every participant a group, e.g. group: 1
                """),
        Case(
            "a negative weight",
            """
            ensemble: demo
            servers:
              - {id: 1, group: 1}
              - {id: 2, group: 1, weight: -1}
              - {id: 3, group: 1}

            """,
            expects: """
                t.yaml:4:31: error: the weight of server 2 is -1, outside 0…1000 [weight]
                      - {id: 2, group: 1, weight: -1}
                                                  ^
                  mend: write a weight from 0 (no vote) to 1000
                """),
        Case(
            "no weight at all",
            """
            ensemble: demo
            servers:
              - {id: 1, group: 1, weight: 0}
              - {id: 2, group: 1, weight: 0}
              - {id: 3, group: 1, weight: 0}

            """,
            expects: """
                t.yaml:3:31: error: no server has a weight above 0: there is no quorum [weight]
                      - {id: 1, group: 1, weight: 0}
                                                  ^
                  mend: give one of its servers a weight of 1 or more
                """),
        Case(
            "a group without weight",
            """
            ensemble: demo
            servers:
              - {id: 1, group: 1}
              - {id: 2, group: 1}
              - {id: 3, group: 2, weight: 0}

            """,
            expects: """
                t.yaml:5:31: warning: no server of group 2 has a weight above 0: the group has no vote [weight]
                      - {id: 3, group: 2, weight: 0}
                                                  ^
                  mend: give one of its servers a weight of 1 or more
                """),
        Case(
            "two groups",
            """
            ensemble: demo
            servers:
              - {id: 1, group: 1}
              - {id: 2, group: 1}
              - {id: 3, group: 2}

            """,
            expects: """
                t.yaml:5:20: warning: 2 groups tolerate the loss of none: both are needed for a quorum [groups-even]
                      - {id: 3, group: 2}
                                       ^
                  mend: use 3 groups, or 1
                """),
        Case(
            "an observer with a weight",
            """
            ensemble: demo
            servers:
              - {id: 1}
              - {id: 2}
              - {id: 3}
              - {id: 4, role: observer, weight: 2}

            """,
            expects: """
                t.yaml:6:37: error: server 4 is an observer: it has no vote, so a weight means nothing [weight]
                      - {id: 4, role: observer, weight: 2}
                                                        ^
                  mend: remove it, or make the server a participant
                """),
        Case(
            "an observer with a group",
            """
            ensemble: demo
            servers:
              - {id: 1, group: 1}
              - {id: 2, group: 1}
              - {id: 3, group: 1}
              - {id: 4, role: observer, group: 1}

            """,
            expects: """
                t.yaml:6:36: error: server 4 is an observer: it has no vote, so a group means nothing [group]
                      - {id: 4, role: observer, group: 1}
                                                       ^
                  mend: remove it, or make the server a participant
                """),
    ]
}

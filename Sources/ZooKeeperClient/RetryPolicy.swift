/// What a client does about an operation whose answer was lost with the connection.
///
/// Reads are repeated over the next connection, unless the policy is `never`. A write may have happened or not: behind a `sync`, so that
/// nothing of the lost connection can still happen, the client looks at the znode, and then it repeats the write, reports it as done, or
/// throws an error with ``ZooKeeperError/isOutcomeUnknown``.
///
/// | | `whenCertain` | `untilDone` |
/// | --- | --- | --- |
/// | nothing has changed since the write was sent | repeated | repeated |
/// | `create` finds what it would have made; an ephemeral must be of this session | unknown | done |
/// | `create` finds an ephemeral of this session with other data | unknown | unknown |
/// | `create` finds anything else that nobody has changed | repeated: `nodeExists` | repeated: `nodeExists` |
/// | `create` finds nothing, but other children came or went | unknown | repeated |
/// | `delete` finds nothing | unknown | done |
/// | `setData` or `setACL` without a version finds its work | unknown | done |
/// | `setData` with a version finds the next version, with other data | repeated: `badVersion` | repeated: `badVersion` |
/// | anything else | unknown | unknown |
///
/// "Unchanged" is also a missing znode if no children of its parent came or went. Of an access control list only its ``Stat/aversion`` tells
/// that: where it is not 0, `setACL` without one is not repeated.
///
/// A protected create (``ZooKeeperClient/create(_:data:mode:acl:timeToLive:protected:retries:)``) is recognised by its name, under both
/// policies. A transaction is never repeated once it was sent, nor is a sequential create that is not protected, unless its parent is
/// unchanged.
public enum RetryPolicy: Hashable, Sendable {
    /// What was sent and not answered fails with `connectionLoss`.
    case never
    /// Only what certainly did not happen is repeated, only what this client certainly did counts as done. For clients that race each other
    /// for one znode without being protected (who deletes it has it, say), and for tasks of one client that race for an ephemeral: it names
    /// the session, and not the task.
    case whenCertain
    /// As `whenCertain`, and a znode that is found as the write would have left it counts as its work, though another client may have
    /// left it so.
    case untilDone
}

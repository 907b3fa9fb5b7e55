/// What a client does about an operation whose answer was lost with the connection.
///
/// Reads are repeated over the next connection, unless the policy is `never`. A write may have happened or not: behind a `sync`, so that
/// nothing of the lost connection can still happen, the client looks at the znode, and then it repeats the write, reports it as done, or
/// throws an error with ``ZooKeeperError/isOutcomeUnknown``.
///
/// | | `whenCertain` | `untilDone` |
/// | --- | --- | --- |
/// | nothing has changed since the write was sent | repeated | repeated |
/// | `create` finds an ephemeral of this session | done | done |
/// | `create` finds what it would have made | unknown | done |
/// | `create` finds nothing, but other children came or went | unknown | repeated |
/// | `delete` finds nothing | unknown | done |
/// | `setData` without a version finds its data | unknown | done |
/// | `setData` or `setACL` with a version finds its work | unknown | unknown |
/// | anything else | unknown | unknown |
///
/// A protected create (``ZooKeeperClient/create(_:data:mode:acl:timeToLive:protected:retries:)``) is recognised by its name, under both
/// policies. A transaction is never repeated once it was sent, nor is a sequential create that is not protected, unless its parent is
/// unchanged.
public enum RetryPolicy: Hashable, Sendable {
    /// What was sent and not answered fails with `connectionLoss`.
    case never
    /// Only what certainly did not happen is repeated, only what this client certainly did counts as done. For clients that race each other
    /// for one znode without being ephemeral or protected: who deletes it has it, say.
    case whenCertain
    /// As `whenCertain`, and a znode that is found as the write would have left it counts as its work, though another client may have
    /// left it so.
    case untilDone
}

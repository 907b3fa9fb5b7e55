/// Whose names a recipe gives its znodes, and so with whose processes it works on one path.
///
/// A lock *heeds* contenders of either style, but each of its peers knows only names of its own:
///
/// | our style | Curator beside us | kazoo beside us |
/// | --- | --- | --- |
/// | `.curator` | exclude each other | only if kazoo is told: `extra_lock_patterns=["-lock-"]` (what it creates itself Curator never heeds) |
/// | `.kazoo` | do **not** exclude each other: Curator sorts kazoo's names behind all of its own | exclude each other |
///
/// No name could serve both: Curator wants the ten digits behind `lock-`, kazoo behind `__lock__`.
public enum NameStyle: Hashable, Sendable, CaseIterable {
    /// `_c_UUID-lock-0000000001`, as Apache Curator's recipes. Missing parents are made as containers, which the servers remove
    /// once they are empty.
    case curator
    /// `UUID__lock__0000000001`, as kazoo's. Missing parents are made as plain znodes: kazoo makes a path once and counts on it.
    case kazoo
}

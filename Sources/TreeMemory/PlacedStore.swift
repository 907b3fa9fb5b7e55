/// A store that stays in one place. Swift does not check that accesses to it do not overlap, as it does for each of the dozens of
/// accesses that a txn makes to a property of a class; a store has no closures and calls nobody, so none can.
package struct PlacedStore: ~Copyable {
    private let place: UnsafeMutablePointer<NodeStore>

    package init(_ store: consuming NodeStore) {
        place = .allocate(capacity: 1)
        place.initialize(to: store)
    }

    deinit {
        place.deinitialize(count: 1)
        place.deallocate()
    }

    package var store: NodeStore {
        unsafeAddress { UnsafePointer(place) }
        nonmutating unsafeMutableAddress { place }
    }
}

import Testing

@testable import ZooKeeperServer

@Suite struct DescriptorBudgetTests {
    /// Clients get what is left when the log, the snapshots, the other servers and the pages have theirs.
    @Test(arguments: [
        // limit, in use, clients, pages, strangers
        (64, 16, 16, 4, 8), (256, 16, 208, 4, 8), (1024, 16, 880, 16, 32), (20_000, 20, 18_956, 32, 256),
        (1 << 20, 20, 1_047_532, 32, 256), (16, 16, 8, 4, 8),
    ])
    func table(limit: Int, inUse: Int, clients: Int, pages: Int, strangers: Int) {
        let budget = DescriptorBudget(limit: limit, inUse: inUse)
        #expect(budget.clients == clients)
        #expect(budget.pages == pages)
        #expect(budget.strangers == strangers)
        #expect(budget.sessionless == clients / 2)
    }

    /// The reserve has room for all that it is for, at any limit that a system gives.
    @Test func reserve() {
        for limit in [64, 100, 256, 1024, 4096, 20_000, 1 << 20] {
            let budget = DescriptorBudget(limit: limit, inUse: 16)
            let reserve = limit - 16 - budget.clients
            // Two ports with pages, two for servers.
            #expect(2 * budget.pages + 2 * budget.strangers + 8 <= reserve, "\(limit)")
        }
        // Without any limit nothing overflows.
        #expect(DescriptorBudget(limit: .max, inUse: 20).clients > 1 << 40)
    }
}

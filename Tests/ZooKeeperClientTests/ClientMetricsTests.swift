import CoreMetrics
import MetricsTestKit
import Testing

@testable import ZooKeeperClient

struct ClientMetricsTests {
    @Test func requestsAndConnectionsAreCountedIfThereIsSomebodyToCountFor() throws {
        #expect(ClientMetrics(NOOPMetricsHandler.instance) == nil)
        let backend = TestMetrics()
        let metrics = try #require(ClientMetrics(backend))
        metrics.answered(after: .milliseconds(3), true)
        metrics.answered(after: .microseconds(7), false)
        for state in [SessionState.connecting, .connected, .disconnected, .connectedReadOnly, .expired] {
            metrics.entered(state)
        }
        #expect(
            try backend.expectTimer("zookeeper_client_request_duration").values == [3_000_000, 7_000])
        #expect(try backend.expectCounter("zookeeper_client_request_failures_total").totalValue == 1)
        #expect(try backend.expectCounter("zookeeper_client_connections_total").totalValue == 2)
        #expect(try backend.expectCounter("zookeeper_client_connection_losses_total").totalValue == 1)
        #expect(try backend.expectCounter("zookeeper_client_session_expirations_total").totalValue == 1)
    }
}

import Foundation
import Planning
import Provisioning
import Testing
import Topology

@testable import Operations

/// What Ansible is told of a topology.
@Suite struct AnsibleInventoryTests {
    private static let orders = """
        ensemble: orders
        hosts: {a: 10.0.0.1, b: 10.0.0.2, c: "fd00::3"}
        servers:
          - {id: 1, host: a, engine: {apache: {heap: 2g, jvmFlags: [-Dx=1]}}}
          - {id: 2, host: b, settings: {jute.maxbuffer: 4194304}}
          - {id: 3, host: c, engine: bundled, logLevel: debug}
          - {id: 7, host: c, role: observer}
        settings: {reconfigEnabled: true}
        """

    private func read(_ text: String, _ place: PlaceTemplates = PlaceTemplates()) throws -> [String: Any] {
        let inventory = try AnsibleInventory.read(Array(text.utf8), file: "orders.yaml", place: place).inventory
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(inventory))
        return try #require(object as? [String: Any])
    }

    private func variables(_ name: String, _ inventory: [String: Any]) throws -> [String: Any] {
        let meta = try #require(inventory["_meta"] as? [String: [String: [String: Any]]])
        return try #require(meta["hostvars"]?[name])
    }

    @Test func serversAreInGroupsByRoleAndHost() throws {
        let inventory = try read(Self.orders)
        func hosts(_ group: String) -> [String]? { (inventory[group] as? [String: Any])?["hosts"] as? [String] }
        #expect(hosts("participants") == ["orders-1", "orders-2", "orders-3"])
        #expect(hosts("observers") == ["orders-7"])
        #expect(hosts("host_10_0_0_1") == ["orders-1"])
        #expect(hosts("host_fd00__3") == ["orders-3", "orders-7"])
        let ensemble = try #require(inventory["ensemble"] as? [String: Any])
        #expect(ensemble["children"] as? [String] == ["participants", "observers"])
        let shared = try #require(ensemble["vars"] as? [String: Any])
        #expect(shared["zookeeper_ensemble"] as? String == "orders")
        #expect(shared["zookeeper_connect"] as? String == "10.0.0.1:2181,10.0.0.2:2181,[fd00::3]:2181,[fd00::3]:2182")
        #expect(shared["zookeeper_several_hosts"] as? Bool == true)
    }

    @Test func aServerSaysWhatItsHostNeeds() throws {
        let inventory = try read(Self.orders)
        let first = try variables("orders-1", inventory)
        #expect(first["ansible_host"] as? String == "10.0.0.1")
        #expect(first["zookeeper_engine"] as? String == "apache")
        #expect(first["zookeeper_heap"] as? String == "2g")
        #expect(first["zookeeper_jvm_flags"] as? [String] == ["-Dx=1"])
        #expect(first["zookeeper_tls"] as? Bool == false)
        #expect(first["zookeeper_directory"] as? String == "/var/lib/paddock/orders/server.1")
        let second = try variables("orders-2", inventory)
        // Several hosts and no word of an engine: Apache's. What its zoo.cfg cannot say is a flag.
        #expect(second["zookeeper_engine"] as? String == "apache")
        #expect(second["zookeeper_heap"] == nil)
        #expect(second["zookeeper_tls"] as? Bool == false)
        #expect(second["zookeeper_jvm_flags"] as? [String] == ["-Djute.maxbuffer=4194304"])
        let third = try variables("orders-3", inventory)
        #expect(third["zookeeper_engine"] as? String == "bundled")
        #expect(third["zookeeper_log_level"] as? String == "debug")
        let observer = try variables("orders-7", inventory)
        #expect(observer["zookeeper_kind"] as? String == "observer")
        #expect(observer["zookeeper_client_port"] as? Int == 2182)
        #expect(observer["zookeeper_line"] as? String == "server.7=[fd00::3]:2889:3889:observer;[fd00::3]:2182")
    }

    /// The files of a server that was reconfigured differ in who names the members only.
    @Test func zooCfgIsWhatGenerateWrites() throws {
        let server = try variables("orders-1", try read(Self.orders))
        let text = try #require(server["zookeeper_zoo_cfg"] as? String)
        #expect(text.contains("\ndataDir=/var/lib/paddock/orders/server.1/data\n"))
        #expect(text.contains("\nserver.7=[fd00::3]:2889:3889:observer;[fd00::3]:2182\n"))
        let reconfigured = try #require(server["zookeeper_zoo_cfg_reconfigured"] as? String)
        #expect(reconfigured.contains("\ndynamicConfigFile=@DYNAMIC@\n"))
        #expect(!reconfigured.contains("server.7="))
        let (topology, _) = Topology.load(text: Self.orders)
        let files = ServerFiles(
            topology: try #require(topology), layout: EnsembleLayout(root: "/var/lib/paddock/orders"))
        #expect(text == files.zooCfg(try #require(topology?[1])))
    }

    @Test func pathsFollowTemplates() throws {
        let place = PlaceTemplates(
            prefix: "/srv/{ensemble}/", data: "/data/{ensemble}/{id}", dataLog: "/log/{ensemble}-{id}")
        let observer = try variables("orders-7", try read(Self.orders, place))
        #expect(observer["zookeeper_directory"] as? String == "/srv/orders/server.7")
        #expect(observer["zookeeper_data_directory"] as? String == "/data/orders/7")
        #expect(observer["zookeeper_data_log_directory"] as? String == "/log/orders-7")
        let text = try #require(observer["zookeeper_zoo_cfg"] as? String)
        #expect(text.contains("\ndataDir=/data/orders/7\ndataLogDir=/log/orders-7\n"))
    }

    @Test(arguments: [
        (PlaceTemplates(data: "/data/{ensemble}"), "the servers 3 and 7 on fd00::3 would share /data/orders"),
        (PlaceTemplates(prefix: "etc"), "--prefix is etc, which is no absolute path"),
    ])
    func pathsThatCannotBeAreRefused(_ place: PlaceTemplates, _ message: String) throws {
        let error = #expect(throws: OperationError.self) { try read(Self.orders, place) }
        #expect(error?.message == message)
    }

    /// Servers of this machine keep the bundled server, whatever loopback addresses they have.
    @Test func onlySeveralHostsChangeTheEngine() throws {
        let inventory = try read("ensemble: demo\nparticipants: 3\n")
        #expect(try variables("demo-1", inventory)["zookeeper_engine"] as? String == "bundled")
        let loopback =
            "ensemble: demo\nservers: [{id: 1, host: 127.0.0.1}, {id: 2, host: 127.0.0.2}, {id: 3, host: localhost}]\n"
        #expect(try variables("demo-2", try read(loopback))["zookeeper_engine"] as? String == "bundled")
    }
}

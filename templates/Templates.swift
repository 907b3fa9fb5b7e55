import Mustache

/// The text templates of what is generated, inside the binary: it works wherever it is copied to. The syntax is Mustache.
package enum Templates {
    /// A commented topology to start from. `schema` is where editors find the schema, from the topology's directory.
    package static func topology(
        ensemble: String, engine: String, participants: Int, observers: Int, schema: String? = nil
    ) -> String {
        let values: MustacheValue = [
            "ensemble": .text(ensemble), "engine": .text(engine), "participants": "\(participants)",
            "observers": "\(observers)", "hasObservers": .flag(observers > 0),
        ]
        let first = schema.map { "# yaml-language-server: $schema=\($0)\n" } ?? ""
        return first + topologyTemplate.render(values)
    }

    /// What is booted for someone who has no topology yet.
    package static var demo: String { topology(ensemble: "demo", engine: "bundled", participants: 3, observers: 1) }

    /// One server's zoo.cfg; `values` has the names in the template.
    package static func zooCfg(_ values: MustacheValue) -> String { zooCfgTemplate.render(values) }

    /// A Compose project; how to use it.
    package static func compose(_ values: MustacheValue) -> String { composeTemplate.render(values) }
    package static func composeNote(_ values: MustacheValue) -> String { composeNoteTemplate.render(values) }

    /// Manifests for Kubernetes: the servers' files, how they are found, a stateful set; how to use them.
    package static func kubernetesConfiguration(_ values: MustacheValue) -> String {
        kubernetesConfigurationTemplate.render(values)
    }
    package static func kubernetesServices(_ values: MustacheValue) -> String {
        kubernetesServicesTemplate.render(values)
    }
    package static func kubernetesServers(_ values: MustacheValue) -> String {
        kubernetesServersTemplate.render(values)
    }
    package static func kubernetesNote(_ values: MustacheValue) -> String { kubernetesNoteTemplate.render(values) }

    /// A unit of systemd for one server: what playbooks/roles/zookeeper/templates/server.service.j2 makes. How to use it.
    package static func unit(_ values: MustacheValue) -> String { unitTemplate.render(values) }
    package static func systemdNote(_ values: MustacheValue) -> String { systemdNoteTemplate.render(values) }

    private static let composeTemplate = compiled(PackageResources.compose_yaml_mustache)
    private static let composeNoteTemplate = compiled(PackageResources.compose_note_md_mustache)
    private static let kubernetesConfigurationTemplate = compiled(
        PackageResources.kubernetes_configuration_yaml_mustache)
    private static let kubernetesServicesTemplate = compiled(PackageResources.kubernetes_services_yaml_mustache)
    private static let kubernetesServersTemplate = compiled(PackageResources.kubernetes_servers_yaml_mustache)
    private static let kubernetesNoteTemplate = compiled(PackageResources.kubernetes_note_md_mustache)
    private static let unitTemplate = compiled(PackageResources.server_service_mustache)
    private static let systemdNoteTemplate = compiled(PackageResources.systemd_note_md_mustache)
    private static let topologyTemplate = compiled(PackageResources.topology_yaml_mustache)
    private static let zooCfgTemplate = compiled(PackageResources.zoo_cfg_mustache)

    private static func compiled(_ bytes: [UInt8]) -> MustacheTemplate {
        do {
            return try MustacheTemplate(String(decoding: bytes, as: UTF8.self))
        } catch {
            fatalError("a template of ours is malformed: \(error)")
        }
    }
}

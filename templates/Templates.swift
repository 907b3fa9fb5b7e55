import Mustache

/// The text templates of what is generated, inside the binary: it works wherever it is copied to. The syntax is Mustache.
package enum Templates {
    /// A commented topology to start from.
    package static func topology(ensemble: String, engine: String, participants: Int, observers: Int) -> String {
        let values: MustacheValue = [
            "ensemble": .text(ensemble), "engine": .text(engine), "participants": "\(participants)",
            "observers": "\(observers)", "hasObservers": .flag(observers > 0),
        ]
        return topologyTemplate.render(values)
    }

    /// What is booted for someone who has no topology yet.
    package static var demo: String { topology(ensemble: "demo", engine: "bundled", participants: 3, observers: 1) }

    /// One server's zoo.cfg; `values` has the names in the template.
    package static func zooCfg(_ values: MustacheValue) -> String { zooCfgTemplate.render(values) }

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

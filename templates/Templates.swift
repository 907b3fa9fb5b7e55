/// The text templates of what is generated, inside the binary: it works wherever it is copied to. The syntax is Mustache.
package enum Templates {
    /// One server's zoo.cfg.
    package static let zooCfg = String(decoding: PackageResources.zoo_cfg_mustache, as: UTF8.self)
    /// A commented topology to start from: `paddock new`.
    package static let topology = String(decoding: PackageResources.topology_yaml_mustache, as: UTF8.self)
}

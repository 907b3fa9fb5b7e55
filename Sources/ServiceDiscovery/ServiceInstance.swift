/// One provider of a service: what it says of itself when it registers.
public struct ServiceInstance: Hashable, Sendable {
    /// Of the service.
    public var name: String
    /// Unique among the instances of the service.
    public var id: String
    /// A host name or an IP address.
    public var address: String?
    public var port: Int?
    /// The port for TLS.
    public var sslPort: Int?
    /// What else consumers shall know.
    public var payload: JSONValue?
    /// Milliseconds of the Unix epoch.
    public var registrationTime: Int64
    public var kind: ServiceKind
    public var uriSpec: URISpec?
    /// Whether consumers may choose it: false while it is drained.
    public var isEnabled: Bool

    public init(
        name: String, id: String, address: String?, port: Int?, sslPort: Int? = nil, payload: JSONValue? = nil,
        registrationTime: Int64 = 0, kind: ServiceKind = .dynamic, uriSpec: URISpec? = nil, isEnabled: Bool = true
    ) {
        self.name = name
        self.id = id
        self.address = address
        self.port = port
        self.sslPort = sslPort
        self.payload = payload
        self.registrationTime = registrationTime
        self.kind = kind
        self.uriSpec = uriSpec
        self.isEnabled = isEnabled
    }

    /// `host:port`, an IPv6 address in brackets; only what is known of the two.
    public var endpoint: String {
        let host = address ?? ""
        guard let port = port ?? sslPort else { return host }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// How long an instance stays in the registry (Curator's `ServiceType`).
public enum ServiceKind: String, Hashable, Sendable, CaseIterable {
    /// Until its session ends.
    case dynamic = "DYNAMIC"
    /// Until it is deregistered.
    case `static` = "STATIC"
    /// Until somebody removes it.
    case permanent = "PERMANENT"
    /// Until its session ends; the registry makes its name unique by a number.
    case dynamicSequential = "DYNAMIC_SEQUENTIAL"

    /// Whether it goes with its session.
    public var isDynamic: Bool { self == .dynamic || self == .dynamicSequential }
}

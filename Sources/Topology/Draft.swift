import Diagnostics
import Membership

/// A value and where the file gives it.
struct Placed<Value> {
    var value: Value
    var location: SourceLocation

    init(_ value: Value, at location: SourceLocation) {
        self.value = value
        self.location = location
    }
}

/// What a file says, key by key, before names are looked up and defaults filled in. A value that could not be read was
/// reported and is missing here.
struct Draft {
    struct Server {
        /// Of its first key.
        var location: SourceLocation
        var id: Placed<ServerID>
        var host: Placed<String>?
        var role: ServerRole
        var ports: [PortKind: Placed<Int>]
        var optionalPorts: [OptionalPort: Placed<Int>]
        var logLevel: LogLevel?
        var engine: EngineChoice?
        var settings: [DraftSetting]
        var group: Placed<Int>?
        var weight: Placed<Int>?
    }

    struct Host {
        var name: Placed<String>
        var address: Placed<String>
    }

    enum Ports {
        case planned(PortPlan)
        case auto(SourceLocation)
    }

    enum Servers {
        case shorthand(participants: Placed<Int>, observers: Placed<Int>?)
        /// `isComplete` is false when an entry could not be read: then nothing can be said about their number.
        case named(Placed<[Server]>, isComplete: Bool)
    }

    var ensemble = ""
    var engine: EngineChoice?
    var logLevel: LogLevel?
    var servers: Servers?
    var hosts: [Host] = []
    var ports = Ports.planned(PortPlan())
    var lineStyle = ServerLine.Style.modern
    var settings: [DraftSetting] = []
}

struct DraftSetting {
    var key: Placed<String>
    var value: Placed<String>
}

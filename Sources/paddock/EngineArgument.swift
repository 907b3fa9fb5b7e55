import ArgumentParser
import Topology

/// The name of an engine on the command line.
enum EngineArgument: String, ExpressibleByArgument, CaseIterable {
    case bundled, apache

    var choice: EngineChoice {
        switch self {
        case .bundled: .bundled
        case .apache: .apache(ApacheOptions())
        }
    }
}

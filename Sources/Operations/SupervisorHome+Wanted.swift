import DurableFiles
import FoundationEssentials
import Supervision

extension SupervisorHome {
    /// Whether servers of this ensemble are meant to run, as the last supervisor recorded: when none lives now, it died and
    /// left them behind.
    var wantsServers: Bool {
        struct Record: Decodable { var desired: ServerProcess.Desired }
        let names = (try? directoryEntries(records)) ?? []
        return names.contains { name in
            guard name.hasSuffix(".json"), let bytes = try? DurableFile.read("\(records)/\(name)") else { return false }
            return (try? JSONDecoder().decode(Record.self, from: Data(bytes)))?.desired == .running
        }
    }
}

import ArgumentParser
import Operations
import Planning

struct SelfCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "self", abstract: "Paddock itself: what of it is old.", subcommands: [SelfDoctorCommand.self])
}

struct SelfDoctorCommand: EnsembleCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say which programs are here, which run, and what of that is old.",
        discussion: """
            Programs that are older than their sources, others on the PATH, ensembles that run what has been replaced since, and what is left
            of ensembles that are gone. Changes nothing.
            """.paragraphs)

    @OptionGroup var global: GlobalOptions

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let findings = await operations(ProgressPrinter(terminal)).examineSelf(version: Paddock.version)
        try FindingLines.show(findings, terminal, isJSON: global.json)
        return .done
    }
}

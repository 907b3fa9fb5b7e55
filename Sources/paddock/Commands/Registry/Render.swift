import ArgumentParser
import Operations
import Planning

struct Render: EnsembleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a file from a template whenever the services change.",
        discussion: """
            The template is Mustache: {{#web}}server {{address}}:{{port}};{{/web}} for the service web, {{#services}} for all. The file is
            replaced in one step and only when its text has changed; then --command is run: nginx -s reload, say. A file that cannot be
            written is tried again, unless --once. In JSON, write {{json.address}} for "10.0.0.7" with its quotes.

            paddock registry render web.mustache -o /etc/nginx/conf.d/web.conf --command 'nginx -s reload'
            """.paragraphs)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var registry: RegistryOptions

    @Argument(help: "The template; - is the standard input.", completion: .file())
    var template: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("For /bin/sh, each time the file has changed.", valueName: "command"))
    var command: String?

    @Option(name: .customLong("service"), help: "Only about this service (may be given several times; default: all).")
    var services: [String] = []

    @Flag(help: "Write it once and end.")
    var once = false

    @Option(help: ArgumentHelp("How long changes are gathered.", valueName: "duration"))
    var wait = DurationArgument(.milliseconds(100))

    @Flag(help: "Only print what would be written.")
    var dryRun = false

    var isStream: Bool { !once && !dryRun }

    private struct DryRun: Encodable {
        var version = 1
        var path: String
        var text: String
    }

    private func instances(_ report: RenderReport) -> String {
        "\(report.instances) instance\(report.instances == 1 ? "" : "s")"
    }

    func perform(_ terminal: Terminal) async throws -> ExitStatus {
        let text = String(decoding: try InputFile.read(template), as: UTF8.self)
        let file = RenderedFile(
            template: (InputFile.name(template), text), path: output, command: command,
            services: services.isEmpty ? nil : services, once: once, wait: wait.duration)
        let operations = operations(ProgressPrinter(terminal))
        if dryRun {
            let text = try await operations.rendered(file, from: registry.request())
            if global.json {
                try printJSON(DryRun(path: output, text: text), terminal)
            } else {
                terminal.output(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            }
            return .done
        }
        try await operations.render(file, from: registry.request()) { report in
            if global.json {
                try? printJSON(report, terminal, isLine: !once)
            } else if report.changed {
                terminal.note("\(report.path) is written: \(instances(report))")
            } else {
                terminal.note("\(report.path) is up to date: \(instances(report))")
            }
        }
        return .done
    }
}

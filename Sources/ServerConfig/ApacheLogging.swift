/// The logging library of an Apache distribution, told to write ZooKeeper's usual lines with ISO 8601 times to standard output.
package enum ApacheLogging: Hashable, Sendable {
    /// Up to 3.7, and Debian's 3.8 (through slf4j-log4j12).
    case log4j
    /// Apache's own from 3.8.
    case logback

    package var fileName: String {
        switch self {
        case .log4j: "log4j.properties"
        case .logback: "logback.xml"
        }
    }

    /// What the JVM is told: where that file is, and how much is to be written.
    package func options(file: String, level: String) -> [String] {
        switch self {
        case .log4j: ["-Dpaddock.log.level=\(level)", "-Dlog4j.configuration=file:\(file)"]
        case .logback: ["-Dpaddock.log.level=\(level)", "-Dlogback.configurationFile=\(file)"]
        }
    }

    /// - Parameter note: ends the sentence at its top: what becomes of the lines.
    package func fileContent(_ note: String = "") -> String {
        switch self {
        case .log4j:
            """
            # Lines go to standard output\(note).
            log4j.rootLogger=${paddock.log.level}, CONSOLE
            log4j.appender.CONSOLE=org.apache.log4j.ConsoleAppender
            log4j.appender.CONSOLE.layout=org.apache.log4j.PatternLayout
            log4j.appender.CONSOLE.layout.ConversionPattern=%d{ISO8601} [myid:%X{myid}] - %-5p [%t:%C{1}@%L] - %m%n

            """
        case .logback:
            """
            <!-- Lines go to standard output\(note). -->
            <configuration>
              <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
                <encoder>
                  <pattern>%d{ISO8601} [myid:%X{myid}] - %-5p [%t:%C{1}@%L] - %m%n</pattern>
                </encoder>
              </appender>
              <root level="${paddock.log.level}">
                <appender-ref ref="CONSOLE" />
              </root>
            </configuration>

            """
        }
    }
}

import ArgumentParser

/// Where the configuration is.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "The configuration file; paths in it are relative to its folder.")
    var config = "auspex.yaml"
}

/// How lines of the log are written.
struct LogOption: ParsableArguments {
    @Option(name: .long, help: "How to log: text or json. Text on a terminal, JSON otherwise.")
    var logFormat: LogFormat?

    @Flag(name: .shortAndLong, help: "Log every change and poll as well.")
    var verbose = false
}

extension LogFormat: ExpressibleByArgument {}

/// Whether a program reads the output.
struct JSONOption: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON array for programs; every row has an id.")
    var json = false
}

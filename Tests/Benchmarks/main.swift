// Prints what things cost, beside what they replace:
// swift run -c release Benchmarks [page] [cel] [watch] [delivery] [growth]
// `watch` and `growth` run the built program: build it first with swift build -c release --product auspex.

import Foundation

if CommandLine.arguments.dropFirst().first == "delivery-part" {
    await DeliveryBenchmark.runPart(Array(CommandLine.arguments.dropFirst(2)))
    exit(0)
}

let chosen = CommandLine.arguments.dropFirst()
func isChosen(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }

if isChosen("page") { PageBenchmark.run() }
if isChosen("cel") {
    CELBenchmark.run()
    CELPythonComparison.run()
}
if isChosen("watch") { await WatchBenchmark.run() }
if isChosen("delivery") { DeliveryBenchmark.run() }
if isChosen("growth") { await GrowthBenchmark.run() }

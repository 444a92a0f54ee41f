// Prints what things cost, beside what they replace:
//     swift run -c release Benchmarks [page] [cel] [watch] [poll] [detection] [requests] [growth] [delivery] [windows] [backtest]
// `watch`, `poll`, `detection` and `growth` run the built program: swift build -c release --product auspex makes it.
// Benchmarks crash [KILLS] [SEED] kills that program a thousand times and accounts for every event.
// The Python pollers beside them want `pip install requests`.

import Foundation

if CommandLine.arguments.dropFirst().first == "delivery-part" {
    await DeliveryBenchmark.runPart(Array(CommandLine.arguments.dropFirst(2)))
    exit(0)
}

if CommandLine.arguments.dropFirst().first == "crash" {
    exit(await CrashBenchmark.run(Array(CommandLine.arguments.dropFirst(2))) ? 0 : 1)
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
if isChosen("windows") { WindowBenchmark.run() }
if isChosen("backtest") { await BacktestBenchmark.run() }
if isChosen("growth") { await GrowthBenchmark.run() }
if isChosen("poll") { PollBenchmark.run() }
if isChosen("detection") { await DetectionBenchmark.run() }
if isChosen("requests"), await !RequestsBenchmark.run() { exit(1) }

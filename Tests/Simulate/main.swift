import Glibc
import UsherTestKit

// Lives many worlds and says what came about: scripts/simulate. A seed that fails prints itself and its history, and fails
// again wherever it is lived.

/// What is asked for on the command line.
struct Wishes {
    var seeds = 1000
    var first: UInt64 = 1
    var steps = 400
    var sabotage: Sabotage?
    var showsCoverage = false

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch (name, rest.first) {
            case ("--coverage", _): showsCoverage = true
            case ("--seeds", let value?):
                seeds = Int(value) ?? Self.refuse(name, value)
                rest.removeFirst()
            case ("--seed", let value?):
                (first, seeds) = (UInt64(value) ?? Self.refuse(name, value), 1)
                rest.removeFirst()
            case ("--first", let value?):
                first = UInt64(value) ?? Self.refuse(name, value)
                rest.removeFirst()
            case ("--steps", let value?):
                steps = Int(value) ?? Self.refuse(name, value)
                rest.removeFirst()
            case ("--break", let value?):
                sabotage = Sabotage(rawValue: value) ?? Self.refuse(name, value)
                rest.removeFirst()
            default: _ = Self.refuse(name, "") as Int
            }
        }
    }

    private static func refuse<Value>(_ name: String, _ value: String) -> Value {
        let bugs = Sabotage.allCases.map(\.rawValue).joined(separator: ", ")
        print("simulate: \(name) \(value) is not understood")
        print("usage: scripts/simulate [--seeds N] [--first SEED | --seed SEED] [--steps N] [--coverage] [--break BUG]")
        print("bugs: \(bugs)")
        exit(64)
    }
}

/// What so many lives came to.
struct Result: Sendable {
    var events = 0
    var seeds = 0
    var tally: [String: Int] = [:]
    var coverage = Coverage()
    var failed: World?

    mutating func add(_ other: Result) {
        events += other.events
        seeds += other.seeds
        tally.merge(other.tally, uniquingKeysWith: +)
        coverage.add(other.coverage)
        if let world = other.failed, failed.map({ world.seed < $0.seed }) != false { failed = world }
    }
}

func live(_ wishes: Wishes, part: Int, of parts: Int) -> Result {
    var result = Result()
    for number in stride(from: part, to: wishes.seeds, by: parts) {
        var world = World(seed: wishes.first + UInt64(number), weather: .rough, sabotage: wishes.sabotage)
        world.run(wishes.steps)
        if world.faults.isEmpty { world.closeUp() }
        result.events += world.events
        result.seeds += 1
        result.tally.merge(world.tally, uniquingKeysWith: +)
        result.coverage.add(world.coverage)
        if !world.faults.isEmpty {
            result.failed = world
            break
        }
    }
    return result
}

let wishes = Wishes(Array(CommandLine.arguments.dropFirst()))
let begun = ContinuousClock.now
let parts = min(wishes.seeds, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
var total = Result()
await withTaskGroup(of: Result.self) { group in
    for part in 0..<parts { group.addTask { live(wishes, part: part, of: parts) } }
    for await result in group { total.add(result) }
}
let seconds = max(
    0.001,
    Double((ContinuousClock.now - begun).components.seconds)
        + Double((ContinuousClock.now - begun).components.attoseconds) / 1e18)

print("\(total.seeds) seeds, \(total.events) events, \(total.events / max(1, total.seeds)) a seed")
print("\(Int(Double(total.events) / seconds * 60)) events a minute")
if let world = total.failed {
    print("\nseed \(world.seed) after \(world.steps) steps:")
    for fault in world.faults { print("  \(fault)") }
    print("\n\(world.history)\n")
    let more = wishes.sabotage.map { " --break \($0.rawValue)" } ?? ""
    print("Again: scripts/simulate --seed \(world.seed) --steps \(wishes.steps)\(more)")
    exit(1)
}
print(
    "what came about: " + total.tally.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
)
if wishes.showsCoverage { print("\n\(total.coverage)") }
let missing = total.coverage.missing
if wishes.seeds >= 1000, wishes.sabotage == nil, !missing.isEmpty {
    print("\nnever came about: " + missing.map { "\($0.event) while \($0.state)" }.joined(separator: ", "))
    exit(2)
}
print("no violation")

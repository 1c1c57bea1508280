import Testing
import UsherTestKit

#if canImport(Glibc)
    import Glibc
#endif

/// Long random lives of the whole core: the real broker and the real group commit, in a world that goes wrong.
///
/// A seed that fails prints itself and how it came about. `USHER_SEED=77 swift test --filter SimulationTests` lives it
/// again; `USHER_SEEDS=1000` lives so many fresh ones, `USHER_STEPS` sets how long each is.
@Suite struct SimulationTests {
    @Test(arguments: 1...UInt64(12))
    func `the contract holds in rough weather`(seed: UInt64) {
        expectNoFault(World(seed: seed, weather: .rough), 1500)
    }

    @Test func `the contract holds in fair weather`() {
        expectNoFault(World(seed: 77, weather: .fair), 1500)
    }

    @Test func `the contract holds for a seed nobody has seen, or the one that was asked for`() {
        let steps = Int(setting("USHER_STEPS") ?? 1500)
        if let seed = setting("USHER_SEED") { return expectNoFault(World(seed: seed, weather: .rough), steps) }
        for _ in 0..<(setting("USHER_SEEDS") ?? 1) {
            expectNoFault(World(seed: .random(in: 1000...999_999_999), weather: .rough), steps)
        }
    }

    /// Show that it can fail: each bug is noticed within a thousand lives, and mostly within five.
    @Test(arguments: Sabotage.allCases)
    func `a broken broker is caught`(bug: Sabotage) {
        let caught = (1...UInt64(1000)).first { seed in
            var world = World(seed: seed, weather: .rough, sabotage: bug)
            world.run(600)
            return !world.faults.isEmpty
        }
        #expect(caught != nil, "\(bug)")
    }

    @Test func `every life can be closed up`() {
        for seed in 40..<UInt64(60) {
            var world = World(seed: seed, weather: .rough)
            world.run(400)
            world.closeUp()
            #expect(world.faults == [], "USHER_SEED=\(seed)")
        }
    }

    @Test func `a seed lives the same life each time`() {
        var lives = [World(seed: 5, weather: .rough), World(seed: 5, weather: .rough)]
        for index in lives.indices { lives[index].run(400) }
        #expect(lives[0].tally == lives[1].tally)
        #expect(lives[0].history.description == lives[1].history.description)
    }

    /// What must have come about in a few lives, or else they show nothing.
    @Test func `the rough worlds are rough`() {
        var tally: [String: Int] = [:]
        for seed in 20..<UInt64(28) {
            var world = World(seed: seed, weather: .rough)
            world.run(1000)
            tally.merge(world.tally, uniquingKeysWith: +)
        }
        for came in [
            "granted", "reused", "open", "close", "invoke", "told", "reload", "request", "dies", "stops",
            "commit written", "commit failed", "commit disowned", "unconfirmed", "evicted", "waitTimeout",
            "stateUnavailable", "lostAtRestart", "idleTimeout",
        ] {
            #expect(tally[came, default: 0] > 0, "\(came)")
        }
    }

    private func setting(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    private func expectNoFault(_ world: World, _ steps: Int) {
        var world = world
        world.run(steps)
        guard !world.faults.isEmpty else { return }
        Issue.record(
            """
            USHER_SEED=\(world.seed) after \(world.steps) steps:
            \(world.faults.joined(separator: "\n"))

            \(world.history)
            """)
    }
}

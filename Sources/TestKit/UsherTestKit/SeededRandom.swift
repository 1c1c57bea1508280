/// Numbers that look random and are the same for the same seed on every machine (SplitMix64).
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// True in so many of a hundred cases.
    public mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// One of them, or nil when there is none.
    public mutating func pick<Choice>(_ choices: [Choice]) -> Choice? { choices.randomElement(using: &self) }

    /// A span between the two. A tenth of a second is as likely as a tenth of an hour: each doubling of the shortest
    /// has the same chance, because what goes wrong goes wrong at every scale.
    public mutating func span(_ shortest: Duration, _ longest: Duration) -> Duration {
        let low = max(1, shortest.milliseconds)
        let high = max(low, longest.milliseconds)
        let doublings = Int.random(in: 0...(Int64.bitWidth - (high / low).leadingZeroBitCount), using: &self)
        return .milliseconds(Int64.random(in: low...max(low, min(high, low << Int64(doublings))), using: &self))
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

/// The faults found so far. Reading goes on after each, so that one look tells all there is to mend.
///
/// One reading owns it, on one thread.
final class Findings {
    /// A file of another kind altogether would give a fault for every line.
    private static let listedMax = 200

    private var faults: [ConfigurationFault] = []
    private var seen: Set<ConfigurationFault> = []
    private var placesOmitted: Set<Place> = []

    /// Notes a fault, once: a profile is read again with each tenant that uses it.
    /// The text is only made when it will be listed, because looking for near misses takes time.
    func add(_ place: Place, _ message: @autoclosure () -> String) {
        guard faults.count < Self.listedMax else {
            placesOmitted.insert(place)
            return
        }
        let fault = ConfigurationFault(file: place.file, line: place.line, key: place.key, message: message())
        if seen.insert(fault).inserted { faults.append(fault) }
    }

    /// All of them, by file in the order of reading, then by line; nil when there are none.
    func result(inOrderOf files: [String]) -> ConfigurationFaults? {
        guard !faults.isEmpty else { return nil }
        let ranks = Dictionary(files.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let sorted = faults.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            let ranks = (ranks[first.file] ?? 0, ranks[second.file] ?? 0)
            return (ranks.0, first.line, left.offset) < (ranks.1, second.line, right.offset)
        }
        return ConfigurationFaults(faults: sorted.map(\.element), omitted: placesOmitted.count)
    }
}

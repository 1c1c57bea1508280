import Foundation

/// The files beside these tests, and those of the recordings that a clone may not have.
enum Fixtures {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name))) }

    static func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path) }

    /// Where recordings of real servers are; nil on machines without them.
    static var recordings: URL? {
        let checkout = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["USHER_RECORDINGS"].map { URL(filePath: $0) }
        let candidates = [named, checkout.deletingLastPathComponent().appending(path: "shared/recordings")]
        return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// The exchanges of every recording. Each is one line of the file, `request: ` or `response: ` and an envelope.
    static func exchanges() throws -> [(file: String, request: [UInt8], response: [UInt8])] {
        guard let recordings else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: recordings.path).filter { $0.hasSuffix(".yml") }
        return try names.sorted().flatMap { name in
            let text = try String(contentsOf: recordings.appending(path: name), encoding: .utf8)
            var envelopes: [String: [[UInt8]]] = [:]
            for line in text.split(separator: "\n") {
                for side in ["request", "response"] {
                    guard let range = line.range(of: "\(side): <") else { continue }
                    let envelope = line[line.index(before: range.upperBound)...]
                    envelopes[side, default: []].append(Array(envelope.utf8))
                }
            }
            return zip(envelopes["request"] ?? [], envelopes["response"] ?? []).map { (name, $0, $1) }
        }
    }
}

// What a capture looks like on disk, told apart by what it begins with: a list in YAML of requests and responses, envelopes
// with a NUL behind each, or one envelope.

internal import XML
internal import Yams

/// The envelopes of a capture, in order.
struct CaptureFile {
    let envelopes: [Captured]

    /// One envelope and what is known of its place.
    struct Captured {
        var side: Side?
        /// Which pair it belongs to, where the file says.
        var exchange: Int?
        var bytes: [UInt8]
    }

    /// Who sent it.
    enum Side: String {
        case request
        case response
    }

    /// What is no capture.
    struct Unreadable: Error {
        let words: String
    }

    init(_ bytes: [UInt8]) throws {
        let start = bytes.firstIndex { !Self.isBlank($0) } ?? bytes.endIndex
        let rest = bytes[start...].starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[(start + 3)...] : bytes[start...]
        guard let first = rest.first else { throw Unreadable(words: "There is nothing in it.") }
        // An envelope, one that was encrypted, or the end of an empty one; anything else is YAML.
        if first == UInt8(ascii: "<") || first == 0 || rest.starts(with: "--Encrypted".utf8) {
            envelopes = Self.separated(bytes)
        } else {
            envelopes = try Self.listed(bytes)
        }
    }

    private static func separated(_ bytes: [UInt8]) -> [Captured] {
        var parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
        // What ends with a NUL has nothing behind it.
        if let last = parts.last, parts.count > 1, last.allSatisfy(isBlank) { parts.removeLast() }
        return parts.map { Captured(bytes: $0) }
    }

    private static func listed(_ bytes: [UInt8]) throws -> [Captured] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Unreadable(words: "It is neither XML nor a text in UTF-8.")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Unreadable(words: "It is neither XML nor YAML: \(error)")
        }
        guard let list = root?.sequence ?? root?.mapping?.first(where: { $0.value.sequence != nil })?.value.sequence
        else { throw Unreadable(words: "It is YAML without a list of requests and responses.") }
        var envelopes: [Captured] = []
        for (index, item) in list.enumerated() {
            guard let pair = item.mapping else {
                envelopes.append(Captured(bytes: Self.bytes(item)))
                continue
            }
            for side in [Side.request, .response] {
                guard let node = pair[Node(side.rawValue)] else { continue }
                envelopes.append(Captured(side: side, exchange: index, bytes: Self.bytes(node)))
            }
        }
        return envelopes
    }

    private static func bytes(_ node: Node) -> [UInt8] {
        guard let scalar = node.scalar, node.null == nil || scalar.style != .plain else { return [] }
        if scalar.tag.description == "tag:yaml.org,2002:binary" {
            return Base64.decode(scalar.string.utf8.filter { !isBlank($0) }) ?? Array(scalar.string.utf8)
        }
        return Array(scalar.string.utf8)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

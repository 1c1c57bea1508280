/// Keeps strings that come again and again, such as names of properties, so that they are made once.
///
/// A place is taken over by the latest string that falls on it: the table never grows, whatever a peer makes up.
struct NameTable {
    private var places = [String](repeating: "", count: 1024)

    mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        // Swift keeps up to fifteen bytes inside the string itself: nothing to save there. Long ones are no names.
        guard bytes.count > 15, bytes.count <= 512 else { return Self.fresh(bytes) }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let place = Int(truncatingIfNeeded: hash >> 54)
        let isKept = places[place].utf8.withContiguousStorageIfAvailable { $0.elementsEqual(bytes) } ?? false
        if isKept { return places[place] }
        let string = Self.fresh(bytes)
        // A name with escapes is another string than its bytes, and rare.
        if string.utf8.count == bytes.count { places[place] = string }
        return string
    }

    private static func fresh(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        Escaping.unescape(bytes).string
    }
}

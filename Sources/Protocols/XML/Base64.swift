// Base64 (RFC 4648 section 4), which is how both envelopes and CLIXML carry bytes in text (xs:base64Binary).
//
// Reading skips blanks, because servers break lines, and is strict otherwise: what is no base64 is nil and never a
// shorter array.

/// Bytes as text.
public enum Base64 {
    /// The text of `bytes`, as ASCII.
    public static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        encode(bytes, into: &text)
        return text
    }

    /// Appends the text of `bytes`.
    public static func encode(_ bytes: some Collection<UInt8>, into text: inout [UInt8]) {
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        let done: Void? = bytes.withContiguousStorageIfAvailable { encode(bytes: $0, into: &text) }
        if done == nil { Array(bytes).withUnsafeBufferPointer { encode(bytes: $0, into: &text) } }
    }

    /// The bytes of a text, or nil when it is not base64.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let result = text.withContiguousStorageIfAvailable({ decode(text: $0) }) { return result }
        return Array(text).withUnsafeBufferPointer { decode(text: $0) }
    }

    private static func encode(bytes: UnsafeBufferPointer<UInt8>, into text: inout [UInt8]) {
        alphabet.withUnsafeBufferPointer { letters in
            var index = 0
            while index + 3 <= bytes.count {
                let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
                text.append(letters[Int(group >> 18)])
                text.append(letters[Int(group >> 12 & 63)])
                text.append(letters[Int(group >> 6 & 63)])
                text.append(letters[Int(group & 63)])
                index += 3
            }
            let left = bytes.count - index
            guard left > 0 else { return }
            let group = UInt32(bytes[index]) << 16 | (left == 2 ? UInt32(bytes[index + 1]) << 8 : 0)
            text.append(letters[Int(group >> 18)])
            text.append(letters[Int(group >> 12 & 63)])
            text.append(left == 2 ? letters[Int(group >> 6 & 63)] : padding)
            text.append(padding)
        }
    }

    private static func decode(text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var isRight = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { buffer, count in
            values.withUnsafeBufferPointer { values in
                var group: UInt32 = 0
                var letters = 0
                var paddings = 0
                for byte in text {
                    let value = values[Int(byte)]
                    if value < 64 {
                        // A letter behind the padding would belong to another text.
                        guard paddings == 0 else { return isRight = false }
                        group = group << 6 | UInt32(value)
                        letters += 1
                        if letters & 3 == 0 {
                            buffer[count] = UInt8(truncatingIfNeeded: group >> 16)
                            buffer[count + 1] = UInt8(truncatingIfNeeded: group >> 8)
                            buffer[count + 2] = UInt8(truncatingIfNeeded: group)
                            count += 3
                        }
                    } else if byte == padding {
                        paddings += 1
                    } else if !ASCII.isBlank(byte) {
                        return isRight = false
                    }
                }
                switch (letters & 3, paddings) {
                case (0, 0): break
                case (2, 2):
                    buffer[count] = UInt8(truncatingIfNeeded: group >> 4)
                    count += 1
                case (3, 1):
                    buffer[count] = UInt8(truncatingIfNeeded: group >> 10)
                    buffer[count + 1] = UInt8(truncatingIfNeeded: group >> 2)
                    count += 2
                default: isRight = false
                }
            }
        }
        return isRight ? bytes : nil
    }

    private static let padding: UInt8 = 0x3D
    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The value of each letter, 255 for what is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()
}

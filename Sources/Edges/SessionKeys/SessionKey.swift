// The key that makes a SecureString of a text (MS-PSRP 2.2.5.1.24): AES-256 in CBC mode with an initialization vector of
// zeros, over the text in UTF-16, little-endian. The server makes it, and it lasts as long as the runspace pool.

internal import CSessionKeys
internal import XML

/// The key of one runspace pool. It is wiped when nobody has it any more, and does not print.
public final class SessionKey: Sendable, CustomStringConvertible, CustomReflectable {
    // Written once, in `init`.
    private nonisolated(unsafe) let bytes: UnsafeMutablePointer<UInt8>
    private static let count = Int(USHER_AES_KEY_BYTES)
    /// What precedes an encrypted key: a SIMPLEBLOB (1, version 2) of AES-256 (0x6610), encrypted with RSA (0xA400).
    private static let blobHeader: [UInt8] = [1, 2, 0, 0, 0x10, 0x66, 0, 0, 0, 0xA4, 0, 0]

    /// Nil unless there are 32 bytes.
    init?(_ key: some Collection<UInt8>) {
        guard key.count == Self.count else { return nil }
        bytes = .allocate(capacity: Self.count)
        for (index, byte) in key.enumerated() { bytes[index] = byte }
    }

    deinit {
        usher_wipe(bytes, Self.count)
        bytes.deallocate()
    }

    public var description: String { "<session key>" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// A new one, as a server makes it.
    public static func random() -> SessionKey? {
        var key = [UInt8](repeating: 0, count: count)
        defer { usher_wipe(&key, count) }
        return usher_random(&key, count) == 1 ? SessionKey(key) : nil
    }

    /// The key for whoever has the other half of `publicKey`, the text of a PUBLIC_KEY message: the text of
    /// ENCRYPTED_SESSION_KEY (MS-PSRP 2.2.2.4). Nil where that is no key of ours to encrypt with.
    public func sealed(for publicKey: String) -> String? {
        guard let blob = Base64.decode(Array(publicKey.utf8)), let theirs = PublicKeyBlob(blob) else { return nil }
        var sealed = [UInt8](repeating: 0, count: Int(USHER_RSA_BYTES))
        guard usher_rsa_encrypt(theirs.modulus, theirs.exponent, bytes, Self.count, &sealed) == 1 else { return nil }
        return String(decoding: Base64.encode(Self.blobHeader + sealed.reversed()), as: UTF8.self)
    }

    /// What stands behind the header of an encrypted key, or nil.
    static func sealed(in text: String) -> [UInt8]? {
        guard let blob = Base64.decode(Array(text.utf8)), blob.starts(with: blobHeader),
            blob.count == blobHeader.count + Int(USHER_RSA_BYTES)
        else { return nil }
        return blob.dropFirst(blobHeader.count).reversed()
    }

    /// A text as it crosses the wire, in base64. Nil where libcrypto fails, which it does not.
    public func encrypt(_ text: String) -> String? {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.utf16.count * 2)
        for unit in text.utf16 {
            plain.append(UInt8(truncatingIfNeeded: unit))
            plain.append(UInt8(truncatingIfNeeded: unit >> 8))
        }
        defer { usher_wipe(&plain, plain.count) }
        return run(encrypts: true, plain).map { String(decoding: Base64.encode($0), as: UTF8.self) }
    }

    /// The text of a SecureString. Nil where it was encrypted with another key, or is none.
    public func decrypt(_ base64: String) -> String? {
        guard let sealed = Base64.decode(Array(base64.utf8)), !sealed.isEmpty, sealed.count % 16 == 0,
            var plain = run(encrypts: false, sealed)
        else { return nil }
        defer { usher_wipe(&plain, plain.count) }
        guard plain.count % 2 == 0 else { return nil }
        let units = stride(from: 0, to: plain.count, by: 2).map { UInt16(plain[$0]) | UInt16(plain[$0 + 1]) << 8 }
        return String(decoding: units, as: UTF16.self)
    }

    private func run(encrypts: Bool, _ input: [UInt8]) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: input.count + 16)
        var used = 0
        guard usher_aes(encrypts ? 1 : 0, bytes, input, input.count, &output, &used) == 1 else {
            usher_wipe(&output, output.count)
            return nil
        }
        defer { usher_wipe(&output, output.count) }
        return Array(output[..<used])
    }
}

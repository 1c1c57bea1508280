internal import CSessionKeys
internal import XML

/// What a client makes to be given a session key (MS-PSRP 3.1.5.4.3): its public half goes out in PUBLIC_KEY, and the
/// private one opens what comes back.
///
/// Making one takes up to some tenths of a second, so it is made where nobody waits and only when there is a secret to send.
public final class KeyPair: Sendable {
    // Written once, in `init`; libcrypto locks what it changes in it.
    private nonisolated(unsafe) let pair: UnsafeMutableRawPointer
    /// The text of PUBLIC_KEY (MS-PSRP 2.2.2.3).
    public let publicKey: String

    /// Nil where libcrypto has no randomness or no memory.
    public init?() {
        guard let pair = usher_rsa_make() else { return nil }
        var modulus = [UInt8](repeating: 0, count: Int(USHER_RSA_BYTES))
        guard usher_rsa_modulus(pair, &modulus) == 1 else {
            usher_rsa_free(pair)
            return nil
        }
        self.pair = pair
        let blob = PublicKeyBlob(modulus: modulus, exponent: 65537).bytes
        publicKey = String(decoding: Base64.encode(blob), as: UTF8.self)
    }

    deinit { usher_rsa_free(pair) }

    /// The session key in the text of ENCRYPTED_SESSION_KEY (MS-PSRP 2.2.2.4), or nil where there is none for this pair.
    public func open(_ encryptedSessionKey: String) -> SessionKey? {
        guard let sealed = SessionKey.sealed(in: encryptedSessionKey) else { return nil }
        var plain = [UInt8](repeating: 0, count: Int(USHER_RSA_BYTES))
        defer { usher_wipe(&plain, plain.count) }
        var length = plain.count
        guard usher_rsa_decrypt(pair, sealed, &plain, &length) == 1, length <= plain.count else { return nil }
        return SessionKey(plain[..<length])
    }
}

/// A public key of 2048 bits as Windows writes it: a PUBLICKEYBLOB, its numbers little-endian.
struct PublicKeyBlob {
    /// Big-endian.
    let modulus: [UInt8]
    let exponent: UInt32

    /// PUBLICKEYBLOB (6, version 2), CALG_RSA_KEYX (0xA400), "RSA1", 2048 bits.
    private static let header: [UInt8] = [6, 2, 0, 0, 0, 0xA4, 0, 0, 0x52, 0x53, 0x41, 0x31, 0, 8, 0, 0]

    init(modulus: [UInt8], exponent: UInt32) {
        self.modulus = modulus
        self.exponent = exponent
    }

    init?(_ bytes: [UInt8]) {
        let header = Self.header
        guard bytes.starts(with: header), bytes.count == header.count + 4 + Int(USHER_RSA_BYTES) else { return nil }
        exponent = (0..<4).reduce(0) { $0 | UInt32(bytes[header.count + $1]) << (8 * UInt32($1)) }
        modulus = bytes[(header.count + 4)...].reversed()
    }

    var bytes: [UInt8] {
        Self.header + (0..<4).map { UInt8(truncatingIfNeeded: exponent >> (8 * UInt32($0))) } + modulus.reversed()
    }
}

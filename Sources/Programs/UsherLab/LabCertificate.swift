internal import CLabCertificate
internal import Glibc

/// The certificate of one run, and its key, as PEM texts.
struct LabCertificate {
    let certificate: [UInt8]
    let key: [UInt8]

    /// A new one for this machine and for `hosts`. Nil when OpenSSL makes none.
    init?(hosts: [String]) {
        let names = ["DNS:localhost", "IP:127.0.0.1", "IP:::1"] + hosts.map { "DNS:\($0)" }
        var certificate: UnsafeMutablePointer<CChar>?
        var key: UnsafeMutablePointer<CChar>?
        guard lab_make_certificate(names.joined(separator: ","), 30, &certificate, &key) == 0, let certificate, let key
        else { return nil }
        defer {
            free(certificate)
            free(key)
        }
        self.certificate = Array(String(cString: certificate).utf8)
        self.key = Array(String(cString: key).utf8)
    }

    /// A number nobody can foretell.
    static func random() -> UInt64 {
        var bytes: (UInt64) = 0
        let done = withUnsafeMutableBytes(of: &bytes) { buffer in
            lab_random(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(buffer.count))
        }
        precondition(done == 0, "OpenSSL has random numbers")
        return bytes
    }
}

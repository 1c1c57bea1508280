import Foundation
import Testing
import UsherClient

@Suite struct ServerIdentityTests {
    @Test func `a secret is for a broker of mine, of root, or of usher`() {
        #expect(ServerIdentity.isTrusted(geteuid()) && ServerIdentity.isTrusted(0))
        #expect(!ServerIdentity.isTrusted(65534) && !ServerIdentity.isTrusted(nil))
    }

    @Test(
        arguments: [
            ("root:x:0:0::/root:/bin/sh\nusher:x:997:997::/:/usr/sbin/nologin\n", 997), ("usher:x:12", 12),
            ("usher2:x:5:5", nil), ("xusher:x:5:5", nil), ("usher:x", nil), ("usher:x:many:5", nil), ("", nil),
            ("# usher:x:5\n", nil),
        ] as [(String, UInt32?)])
    func `the broker's user is found in the file of passwords`(text: String, uid: UInt32?) {
        #expect(ServerIdentity.brokerUID(inPasswords: text) == uid)
    }
}

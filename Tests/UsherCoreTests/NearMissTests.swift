import Testing

@testable import UsherCore

@Suite struct NearMissTests {
    @Test(
        arguments: [
            ("litwear", "litware"), ("litwar", "litware"), ("lit", nil), ("ltiware", "litware"), ("contsoo", "contoso"),
            ("x", nil), ("", nil), ("contoso", "contoso"), ("fabricam", "fabrikam"), ("1itware", "litware"),
        ] as [(String, String?)])
    func `the candidate that was probably meant is named`(text: String, meant: String?) {
        #expect(nearest(to: text, among: ["litware", "contoso", "fabrikam"], by: \.self) == meant)
    }

    @Test func `of two that are as near none is named`() {
        #expect(nearest(to: "cat", among: ["bat", "hat"], by: \.self) == nil)
    }

    @Test func `nothing is near to nothing, nor to what nobody would type`() {
        #expect(nearest(to: "litware", among: [String](), by: \.self) == nil)
        let long = String(repeating: "x", count: 65)
        #expect(nearest(to: long, among: [long], by: \.self) == nil)
    }
}

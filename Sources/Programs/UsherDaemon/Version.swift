/// What `usherd` says of itself.
enum Version {
    /// The version, as in the changelog.
    static let text = "0.1.0"
    /// Where it is described.
    static let url = "man:usherd(8)"
}

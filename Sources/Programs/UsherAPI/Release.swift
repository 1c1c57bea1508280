/// Which Usher this is.
public enum Release {
    /// The version, as `usher --version`, `GetInfo` and `GetStatus` tell it.
    public static let version = "0.1.0"
}

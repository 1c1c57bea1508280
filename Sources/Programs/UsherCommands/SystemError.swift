import Glibc

/// The words of the C library for an errno.
enum SystemError {
    static func text(_ code: Int32) -> String {
        // Not thread-safe, and this program has one thread.
        String(cString: strerror(code)).lowercased()
    }
}

internal import CLinux
internal import Glibc

/// A thread that nobody joins: it runs one closure and ends with it.
public enum DetachedThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts one. `name` is what ps(1) and top(1) show for it, of which the kernel keeps 15 bytes.
    ///
    /// The program ends where there is no memory for a stack: whoever wants a thread cannot do without it.
    public static func start(_ name: String, _ run: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                usher_name_thread(body.name)
                body.run()
                return nil
            }, Unmanaged.passRetained(Body(name, run)).toOpaque())
        precondition(failure == 0, "No thread for \(name): \(String(cString: strerror(failure)))")
        pthread_detach(thread)
    }
}

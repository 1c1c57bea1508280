internal import Glibc
internal import Synchronization
internal import Threads
public import UsherCore

/// The journal on a thread of its own, so that a disk that hangs holds up nothing but what waits for it.
///
/// One job at a time, in order; each is answered once, on this thread.
public final class JournalWriter: Sendable {
    private let state: Mutex<State>
    private let wakeUp: Signal

    private struct State {
        var jobs: [Job] = []
        /// Set once the thread shall end: whom to tell that it did.
        var whenClosed: (@Sendable () -> Void)?
    }

    private enum Job: Sendable {
        case read(@Sendable (Result<JournalContents, JournalTrouble>) -> Void)
        case write([Record], @Sendable (Result<Void, JournalTrouble>) -> Void)
    }

    /// Starts the thread. Nothing is opened before the first job.
    public init(path: String, clock: any JournalClock) {
        state = Mutex(State())
        wakeUp = Signal()
        DetachedThread.start("journal") { [self] in run(Journal(path: path, clock: clock)) }
    }

    /// Reads what an earlier life left.
    public func read(_ done: @escaping @Sendable (Result<JournalContents, JournalTrouble>) -> Void) {
        add(.read(done))
    }

    /// Makes the records durable, all or none.
    public func write(_ records: [Record], _ done: @escaping @Sendable (Result<Void, JournalTrouble>) -> Void) {
        add(.write(records, done))
    }

    /// Lets the thread end after the jobs it has. `done` is called on it when it has let go of the file.
    public func close(_ done: @escaping @Sendable () -> Void = {}) {
        state.withLock { $0.whenClosed = done }
        wakeUp.give()
    }

    private func add(_ job: Job) {
        state.withLock { $0.jobs.append(job) }
        wakeUp.give()
    }

    private func run(_ journal: Journal) {
        while true {
            wakeUp.take()
            let (jobs, whenClosed) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.whenClosed)
            }
            for job in jobs {
                switch job {
                case .read(let done): done(Result { () throws(JournalTrouble) in try journal.read() })
                case .write(let records, let done):
                    done(Result { () throws(JournalTrouble) in try journal.write(records) })
                }
            }
            if let whenClosed {
                journal.close()
                return whenClosed()
            }
        }
    }
}

/// A POSIX semaphore: one thread sleeps on it, any other wakes it.
private final class Signal: @unchecked Sendable {
    // sem_t is made for use from several threads; the address stays the same because it is allocated once.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func give() { sem_post(semaphore) }

    func take() {
        while sem_wait(semaphore) != 0 {}  // Only a signal interrupts it.
        while sem_trywait(semaphore) == 0 {}  // One pass takes all that waits.
    }
}

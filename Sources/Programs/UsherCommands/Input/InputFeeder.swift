import Glibc
import Synchronization
import Threads
import UsherAPI
import UsherClient
import Varlink

/// Sends standard input into a pipeline, on a thread of its own: it waits for whoever writes there, and for the tenant to
/// take what was sent, while the pipeline's output goes on being shown.
final class InputFeeder: Sendable {
    private let format: InputFormat
    private let address: BrokerAddress
    private let wake: @Sendable () -> Void
    private let found = Mutex<CommandError?>(nil)

    /// What goes into one message.
    private static let batchBytes = 128 << 10
    /// A pipeline that takes no input is in no hurry, and ours ends with it.
    private static let takenWithin = Duration.seconds(30 * 86_400)

    /// `wake` is called, from the thread, when there is a failure to be looked at.
    init(_ format: InputFormat, to address: BrokerAddress, wake: @escaping @Sendable () -> Void) {
        self.format = format
        self.address = address
        self.wake = wake
    }

    /// What keeps it from going on, where something does.
    var failure: CommandError? { found.withLock { $0 } }

    /// Begins to feed it.
    func start(_ pipeline: PipelineReference) {
        DetachedThread.start("input") { [self] in run(pipeline) }
    }

    private func run(_ pipeline: PipelineReference) {
        do {
            try feed(pipeline)
        } catch let error as InputReader.Mistake {
            fail(CommandError(code: "BadData", message: error.message, status: .badData))
        } catch let error as ErrorReply where error.known == .nothingRuns {
            // It has taken all it wanted, as Select-Object -First does, or it was stopped.
        } catch let error as ErrorReply {
            fail(CommandError(reply: error, during: Attempt(verb: "run"), at: .now))
        } catch let error as ClientError {
            if let error = CommandError(client: error) { fail(error) }
        } catch {
            fail(
                CommandError(
                    code: "BadData", message: "Standard input could not be sent on: \(error)", status: .badData))
        }
    }

    private func feed(_ pipeline: PipelineReference) throws {
        let client = try BrokerClient.connect(to: address)
        var reader = InputReader(format)
        var buffer = [UInt8](repeating: 0, count: Self.batchBytes)
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                let why = String(cString: strerror(errno))
                throw InputReader.Mistake(message: "Standard input could not be read: \(why).")
            }
            reader.receive(buffer[..<count])
            for values in try reader.messages(try reader.values(isLast: count == 0)) {
                try send(values, to: pipeline, on: client)
            }
            if count == 0 { return try send([], isLast: true, to: pipeline, on: client) }
        }
    }

    private func send(
        _ values: [JSON], isLast: Bool = false, to pipeline: PipelineReference, on client: BrokerClient
    ) throws {
        var parameters = pipeline.parameters
        parameters["values"] = .array(values)
        if isLast { parameters["end"] = true }
        _ = try client.call(Method.input.call(parameters), within: Self.takenWithin)
    }

    private func fail(_ error: CommandError) {
        found.withLock { $0 = error }
        wake()
    }
}

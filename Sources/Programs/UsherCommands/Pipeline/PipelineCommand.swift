import Varlink

/// One command of a pipeline, as it is sent: nothing of it is parsed at the tenant.
struct PipelineCommand: Hashable, Sendable {
    var name: String
    var arguments: [Argument] = []

    /// An argument: named, a switch (a name and no value), or positional (no name).
    struct Argument: Hashable, Sendable {
        var name: String?
        var value: PipelineValue?
    }

    var json: JSON {
        var object: JSONObject = ["name": .string(name)]
        if !arguments.isEmpty {
            object["arguments"] = .array(
                arguments.map {
                    .object(JSONObject(present: [("name", $0.name.map { .string($0) }), ("value", $0.value?.json)]))
                })
        }
        return .object(object)
    }
}

/// What is wrong with the words of a pipeline.
struct PipelineMistake: Error, Hashable {
    let message: String
    var hint: String?
}

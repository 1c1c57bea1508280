internal import CLIXML
internal import PSRP
internal import SessionKeys

/// Cmdlets that talk to the client's host, and those about secrets.
extension Catalogue {
    static let host: [Cmdlet] = [
        Cmdlet(calling: "Read-Host", in: utility, [.any("Prompt", at: 0), .flag("AsSecureString")]) { arguments, _ in
            let isSecret = arguments.flag("AsSecureString")
            guard let prompt = arguments.string("Prompt") else {
                return (isSecret ? .readLineAsSecureString : .readLine, [])
            }
            // As in PowerShell: a text with a value behind it is a field of that name.
            return (.prompt, [.string(""), .string(""), fields([(prompt, isSecret ? secureString : Kind.string)])])
        } finish: { value, arguments, _ in
            [.value(value.entry(arguments.string("Prompt") ?? "") ?? value)]
        },
        Cmdlet(
            calling: "Get-Credential", in: security, [.text("UserName", at: 0), .text("Message"), .text("Title")]
        ) { arguments, _ in
            let caption = arguments.string("Title") ?? "Windows PowerShell credential request"
            return (
                .promptForCredential1,
                [
                    .string(caption), .string(arguments.string("Message") ?? "Enter your credentials."),
                    arguments["UserName"] ?? .null, .string(""),
                ]
            )
        } finish: { value, _, _ in
            [.value(value)]
        },
        Cmdlet(
            calling: "Write-Host", in: utility,
            [
                .any("Object", at: 0), .flag("NoNewline"), .any("Separator"), .text("ForegroundColor"),
                .text("BackgroundColor"),
            ]
        ) { arguments, _ in
            let text = PSValue.string(hostText(arguments))
            guard let (foreground, background) = colors(arguments) else {
                return (arguments.flag("NoNewline") ? .write1 : .writeLine2, [text])
            }
            return (arguments.flag("NoNewline") ? .write2 : .writeLine3, [foreground, background, text])
        } finish: { _, arguments, world in
            var message = [
                PSProperty("Message", .string(hostText(arguments))),
                PSProperty("NoNewLine", .bool(arguments.flag("NoNewline"))),
            ]
            if let (foreground, background) = colors(arguments) {
                message += [PSProperty("ForegroundColor", foreground), PSProperty("BackgroundColor", background)]
            }
            let data = PSObject(
                typeNames: ["System.Management.Automation.HostInformationMessage", "System.Object"],
                toString: hostText(arguments), adapted: message)
            return [
                .record(
                    .informationRecord,
                    InformationRecord(
                        data: .object(data), source: "Write-Host", time: world.clock, tags: ["PSHOST"],
                        user: world.user, computer: "lab"
                    ).value)
            ]
        },
        Cmdlet(
            calling: "Read-LabChoice", in: lab,
            [
                .text("Caption"), .text("Message", at: 0), .texts("Choice", at: 1), .number("Default"),
                .flag("Multiple"),
            ]
        ) { arguments, _ in
            let labels = arguments.strings("Choice") ?? ["&Yes", "&No"]
            let choices = labels.map { label in
                record(["label": .string(label), "helpMessage": .string("\(label), and nothing else.")])
            }
            let preset = Int32(clamping: arguments.integer("Default") ?? 0)
            let isMultiple = arguments.flag("Multiple")
            return (
                isMultiple ? .promptForChoiceMultipleSelection : .promptForChoice,
                [
                    .string(arguments.string("Caption") ?? "Confirm"),
                    .string(arguments.string("Message") ?? "Are you sure?"), list(choices),
                    isMultiple ? list([.int32(preset)]) : .int32(preset),
                ]
            )
        } finish: { value, _, _ in
            (value.values ?? [value]).map { .value($0) }
        },
        Cmdlet(calling: "Read-LabFields", in: lab, [.text("Message", at: 0)]) { arguments, _ in
            (
                .prompt,
                [
                    .string("Fields"), .string(arguments.string("Message") ?? "Supply values for the following:"),
                    fields([
                        ("Name", Kind.string), ("Count", Kind.integer), ("Pin", secureString),
                        ("Account", "System.Management.Automation.PSCredential"), ("Tags", Kind.strings),
                    ]),
                ]
            )
        } finish: { value, _, _ in
            [
                .value(.object(PSObject(custom: (value.entries ?? []).map { PSProperty($0.key.text, $0.value) })))
            ]
        },
        Cmdlet(calling: "Request-LabHost", in: lab, [.number("Method", at: 0), .any("Arguments", at: 1)]) {
            arguments, _ in
            let method = HostMethod(rawValue: Int32(clamping: arguments.integer("Method") ?? 1))
            return (method, arguments["Arguments"].map { $0.values ?? [$0] } ?? [])
        } finish: { value, _, _ in
            [.value(value)]
        },
        Cmdlet("Get-LabSecret", in: lab, [.text("Text", at: 0, mandatory: true)]) { arguments, world in
            guard let secret = world.key?.encrypt(arguments.string("Text") ?? "") else { return [.fail(.noKey)] }
            return [.value(.secureString(PSSecureString(base64: secret)))]
        },
        // What was sent in secret, in the open: so that a test sees that it arrived.
        Cmdlet(
            name: "ConvertFrom-LabSecret", module: lab, parameters: [.any("Secret", at: 0)],
            outputTypes: [Cmdlet.Kind.string]
        ) { arguments, upstream, isFirst in
            if isFirst, arguments["Secret"] != nil {
                return CallStage(arguments) { arguments, world in [reveal(arguments["Secret"] ?? .null, world)] }
            }
            return RevealStage(upstream: upstream)
        },
    ]

    private typealias Kind = Cmdlet.Kind
    static let security = "Microsoft.PowerShell.Security"
    private static let secureString = "System.Security.SecureString"

    private static func record(_ properties: KeyValuePairs<String, PSValue>) -> PSValue {
        .object(PSObject(extended: properties.map { PSProperty($0.key, $0.value) }))
    }

    private static func list(_ values: [PSValue]) -> PSValue {
        .object(PSObject(typeNames: ["System.Collections.ArrayList", "System.Object"], content: .list(values)))
    }

    /// Descriptions of fields as Prompt has them.
    private static func fields(_ fields: [(name: String, type: String)]) -> PSValue {
        list(
            fields.map { field in
                let last = field.type.split(separator: ".").last.map(String.init) ?? field.type
                return record([
                    "name": .string(field.name), "label": .string(""), "parameterTypeName": .string(last),
                    "parameterTypeFullName": .string(field.type), "parameterAssemblyFullName": .string("mscorlib"),
                    "helpMessage": .string("The \(field.name) of it."), "isMandatory": .bool(true),
                    "metadata": list([]), "modifiedByRemotingProtocol": .bool(false),
                    "isFromRemoteHost": .bool(false),
                ])
            })
    }

    private static func hostText(_ arguments: BoundArguments) -> String {
        let separator = arguments.string("Separator") ?? " "
        return (arguments.strings("Object") ?? []).joined(separator: separator)
    }

    /// The colours, grey on black where only one was chosen; nil where none was.
    private static func colors(_ arguments: BoundArguments) -> (PSValue, PSValue)? {
        guard arguments["ForegroundColor"] != nil || arguments["BackgroundColor"] != nil else { return nil }
        func color(_ name: String, _ preset: Int) -> PSValue {
            let word = arguments.string(name) ?? ""
            let index = ConsoleColor.names.firstIndex { $0.lowercased() == word.lowercased() } ?? preset
            return .object(
                PSObject(enumeration: "System.ConsoleColor", name: ConsoleColor.names[index], number: Int32(index)))
        }
        return (color("ForegroundColor", 7), color("BackgroundColor", 0))
    }

    fileprivate static func reveal(_ value: PSValue, _ world: LabWorld) -> Step {
        if case .secureString(let secret) = value {
            return world.key?.decrypt(secret.base64).map { .value(.string($0)) } ?? .fail(.noKey)
        }
        if case .secureString(let secret)? = value["Password"], let name = value["UserName"]?.text {
            return world.key?.decrypt(secret.base64).map { .value(.string("\(name):\($0)")) } ?? .fail(.noKey)
        }
        return .value(.string(value.text))
    }
}

/// ConvertFrom-LabSecret behind a pipe.
private struct RevealStage: Stage {
    var upstream: any Stage

    mutating func next(_ world: inout LabWorld) -> Step {
        let step = upstream.next(&world)
        guard case .value(let value) = step else { return step }
        return Catalogue.reveal(value, world)
    }
}

extension Cmdlet {
    /// A cmdlet that calls the host.
    fileprivate init(
        calling name: String, in module: String, _ parameters: [Parameter],
        call: @escaping @Sendable (BoundArguments, LabWorld) -> (HostMethod, [PSValue]),
        finish: @escaping @Sendable (PSValue, BoundArguments, inout LabWorld) -> [Step]
    ) {
        self.init(name: name, module: module, parameters: parameters, outputTypes: []) { arguments, _, _ in
            HostStage(arguments, call: call, finish: finish)
        }
    }
}

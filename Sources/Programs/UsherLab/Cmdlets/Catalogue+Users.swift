internal import CLIXML

/// People, what is granted to them, and their rooms.
extension Catalogue {
    static let users: [Cmdlet] =
        [
            Cmdlet(
                name: "Get-CsOnlineUser", module: online,
                parameters: [
                    .anyUser, .text("Filter"), .text("LdapFilter"), .truth("OnOfficeCommunicationServer"),
                    .flag("OnLyncServer"), .flag("UnassignedUser"), .text("OU"), .size, .domainController,
                    .any("Credential"),
                ],
                outputTypes: ["Microsoft.Rtc.Management.ADConnect.Schema.OCSADUser"]
            ) { arguments, upstream, isFirst in
                if arguments["Identity"] != nil { return CallStage(arguments, call: findUser) }
                return isFirst ? UserListStage(arguments) : EachStage(arguments, upstream: upstream, call: findUser)
            },
            Cmdlet(
                changing: "Set-CsUser",
                [
                    .user, .truth("AudioVideoDisabled"), .truth("EnterpriseVoiceEnabled"), .text("LineURI"),
                    .text("SipAddress"), .flag("PassThru"), .text("Token"),
                ]
            ) { arguments, world in
                change(arguments, &world) { person, world in
                    if arguments["SipAddress"] != nil {
                        return ErrorRecord(
                            message: "Unable to set \"SipAddress\". This parameter is restricted within Remote Tenant "
                                + "PowerShell.",
                            fullyQualifiedErrorID: "RestrictedParameter,Microsoft.Rtc.Management.SetCsUserCmdlet",
                            category: .permissionDenied, activity: "Set-CsUser", reason: "ManagementException",
                            targetName: person.principalName, targetType: "UserIdParameter")
                    }
                    for name in ["AudioVideoDisabled", "EnterpriseVoiceEnabled", "LineURI"] {
                        if let value = arguments[name] { world.directory.change(person, name, to: value) }
                    }
                    return nil
                }
            },
            Cmdlet("Get-CsUserAcp", [.anyUser, .text("Filter"), .size]) { arguments, world in
                guard let identity = arguments.string("Identity") else { return [] }
                guard let person = world.directory.person(identity: identity) else {
                    return [unknown(identity, arguments.cmdlet)]
                }
                return [
                    .value(
                        .object(
                            PSObject(custom: [
                                "Identity": .string(person.principalName), "AcpInfo": .object(PSObject(array: [])),
                            ])))
                ]
            },
            Cmdlet("Get-CsAudioConferencingProvider", [.policy]) { _, _ in
                ["Contoso Conferencing", "Fabrikam Audio"].map { name in
                    .value(.object(PSObject(custom: ["Identity": .string(name), "Name": .string(name)])))
                }
            },
        ]
        + ["Set-CsUserAcp", "Remove-CsUserAcp"].map { name in
            Cmdlet(
                changing: name,
                [
                    .user, .text("Name"), .text("Domain"), .text("TollNumber"), .text("ParticipantPasscode"),
                    .text("Token"),
                ]
            ) { arguments, world in change(arguments, &world) { _, _ in nil } }
        }

    static let rooms: [Cmdlet] =
        [("Enable-CsMeetingRoom", true), ("Disable-CsMeetingRoom", false)].map { name, isEnabled in
            Cmdlet(
                changing: name,
                [
                    .user, .text("RegistrarPool"), .text("SipAddress"), .text("SipAddressType"), .flag("PassThru"),
                    .text("Token"), .domainController,
                ]
            ) { arguments, world in
                let identity = arguments.string("Identity") ?? ""
                world.directory.setRoom(identity, isEnabled: isEnabled)
                return arguments.flag("PassThru") ? [.value(.object(room(identity, isEnabled)))] : []
            }
        } + [
            Cmdlet("Get-CsMeetingRoom", [.anyUser, .text("Filter"), .size]) { arguments, world in
                if let identity = arguments.string("Identity") {
                    guard let isEnabled = world.directory.rooms[identity] else {
                        return [unknown(identity, arguments.cmdlet)]
                    }
                    return [.value(.object(room(identity, isEnabled)))]
                }
                return world.directory.rooms.sorted { $0.key < $1.key }.map { .value(.object(room($0.key, $0.value))) }
            },
            Cmdlet(changing: "Set-CsMeetingRoom", [.user, .truth("EnterpriseVoiceEnabled"), .text("Token")]) { _, _ in
                []
            },
        ]

    private static func room(_ identity: String, _ isEnabled: Bool) -> PSObject {
        PSObject(
            typeNames: ["Microsoft.Rtc.Management.ADConnect.Schema.OCSADMeetingRoom", "System.Object"],
            toString: identity,
            adapted: [
                PSProperty("Identity", .string(identity)), PSProperty("Enabled", .bool(isEnabled)),
                PSProperty("SipAddress", .string("sip:\(identity)")),
            ])
    }

    private static let findUser: @Sendable (BoundArguments, inout LabWorld) -> [Step] = { arguments, world in
        let identity = arguments.string("Identity") ?? ""
        guard let person = world.directory.person(identity: identity) else {
            return [unknown(identity, arguments.cmdlet)]
        }
        return [.value(.object(world.directory.user(person)))]
    }

    static func unknown(_ identity: String, _ cmdlet: String) -> Step {
        .record(.errorRecord, ErrorRecord.notFound("Management object for", identity: identity, cmdlet: cmdlet).value)
    }

    /// Does something to the person that was named; an error of it is written.
    static func change(
        _ arguments: BoundArguments, _ world: inout LabWorld, _ body: (Person, inout LabWorld) -> ErrorRecord?
    ) -> [Step] {
        let identity = arguments.string("Identity") ?? ""
        guard let person = world.directory.person(identity: identity) else {
            return [unknown(identity, arguments.cmdlet)]
        }
        if let error = body(person, &world) { return [.record(.errorRecord, error.value)] }
        return arguments.flag("PassThru") ? [.value(.object(world.directory.user(person)))] : []
    }
}

/// Everybody, or those a filter lets through, made one by one.
private struct UserListStage: Stage {
    private var index = 0
    private var left: Int
    private let filter: String?
    private var condition: Condition?

    init(_ arguments: BoundArguments) {
        left = arguments.integer("ResultSize") ?? .max
        filter = arguments.string("Filter")
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        if let filter, condition == nil {
            guard let parsed = Condition(filter) else {
                left = 0
                return .fail(
                    ErrorRecord(
                        message:
                            "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \"Invalid "
                            + "filter syntax: \(filter)\"",
                        fullyQualifiedErrorID: "ParameterBindingFailed,Microsoft.Rtc.Management.GetCsOnlineUserCmdlet",
                        category: .invalidArgument, activity: "Get-CsOnlineUser",
                        reason: "ParameterBindingException"))
            }
            condition = parsed
        }
        guard left > 0, index < world.directory.usersCount else { return .end }
        let user = PSValue.object(world.directory.user(world.directory.person(index)))
        index += 1
        guard condition?.holds(for: user) ?? true else { return .nothing }
        left -= 1
        return .value(user)
    }
}

internal import CLIXML

/// Policies: what there is of each kind, and whom they are granted to.
extension Catalogue {
    private struct Kind: Sendable {
        var noun: String
        var names: [String]
        var settings: [(String, PSValue)]
    }

    private static let kinds: [Kind] = [
        Kind(
            noun: "ClientPolicy", names: ["ClientPolicyDefault", "ClientPolicyNoIMURL", "ClientPolicyNoSaveIM"],
            settings: [
                ("AddressBookAvailability", .string("WebSearchOnly")), ("DisableEmoticons", .bool(false)),
                ("DisplayPhoto", .string("AllPhotos")), ("MaximumNumberOfContacts", .int32(250)),
                ("EnableAppearOffline", .bool(true)), ("ShowRecentContacts", .bool(true)), ("PolicyEntry", .null),
            ]),
        Kind(
            noun: "ConferencingPolicy",
            names: ["BposSAllModality", "BposSAllModalityNoFT", "BposSIMP2P", "BposSDataProtection"],
            settings: [
                ("AllowIPAudio", .bool(true)), ("AllowIPVideo", .bool(true)), ("MaxMeetingSize", .uint32(250)),
                ("AllowAnonymousParticipantsInMeetings", .bool(true)), ("AppSharingBitRateKb", .int64(50000)),
                ("EnableDialInConferencing", .bool(true)), ("EnableFileTransfer", .bool(true)),
            ]),
        Kind(
            noun: "ExternalAccessPolicy", names: ["FederationAndPICDefault", "FederationOnly", "NoFederationAndPIC"],
            settings: [
                ("EnableFederationAccess", .bool(true)), ("EnablePublicCloudAccess", .bool(true)),
                ("EnableOutsideAccess", .bool(true)), ("EnableXmppAccess", .bool(false)),
            ]),
        Kind(
            noun: "VoicePolicy", names: ["BusinessVoice", "HybridVoice", "InternationalCallsDisallowed"],
            settings: [
                ("AllowCallForwarding", .bool(true)), ("EnableDelegation", .bool(true)),
                ("PstnUsages", .strings(["Local", "LongDistance"])),
                ("CallForwardingSimulRingUsageType", .string("VoicePolicyUsage")),
            ]),
        Kind(
            noun: "DialPlan", names: ["US", "GB", "DE"],
            settings: [
                ("SimpleName", .string("DefaultProfile")), ("CountryCode", .string("1")),
                ("OptimizeDeviceDialing", .bool(false)),
                (
                    "NormalizationRules",
                    .strings(["Description=;Pattern=^(\\d{4})$;Translation=+1425555$1;Name=Internal"])
                ),
            ]),
        Kind(
            noun: "HostedVoicemailPolicy", names: ["BusinessVoice"],
            settings: [("Destination", .string("exap.um.outlook.com")), ("Organization", .string("litwareinc.com"))]),
        Kind(
            noun: "PresencePolicy", names: ["Default"],
            settings: [("MaxPromptedSubscriber", .uint16(200)), ("MaxCategorySubscription", .uint16(1000))]),
        Kind(
            noun: "MobilityPolicy", names: ["MobilityEnableOutsideVoice", "MobilityDisableVoice"],
            settings: [
                ("EnableOutsideVoice", .bool(true)), ("EnableMobility", .bool(true)),
                ("RequireWIFIForIPAudio", .bool(false)),
            ]),
    ]

    static let policies: [Cmdlet] =
        kinds.flatMap { kind in [get(kind), grant(kind)] }
        + ["ClientPolicy", "ConferencingPolicy", "VoicePolicy"].map { noun in
            Cmdlet(
                changing: "Remove-Cs\(noun)",
                [
                    .init(name: "Identity", type: Cmdlet.Kind.policy, position: 0, isMandatory: true), .text("Token"),
                    .flag("Force"),
                ]
            ) { _, _ in [] }
        }

    private static func get(_ kind: Kind) -> Cmdlet {
        let type = "Microsoft.Rtc.Management.WritableConfig.Policy.\(kind.noun)"
        return Cmdlet(
            "Get-Cs\(kind.noun)",
            [.policy, .text("Filter"), .tenant, .localStore, .init(name: "ApplicableTo", type: Cmdlet.Kind.user)],
            output: [type]
        ) { arguments, _ in
            let all = ["Global"] + kind.names.map { "Tag:\($0)" }
            let wanted = arguments.string("Identity").map { Wildcard($0) }
            let pattern = arguments.string("Filter").map { Wildcard($0) }
            let found = all.filter { identity in
                let bare = identity.hasPrefix("Tag:") ? String(identity.dropFirst(4)) : identity
                return (wanted.map { $0.matches(identity) || $0.matches(bare) } ?? true)
                    && (pattern.map { $0.matches(identity) || $0.matches(bare) } ?? true)
            }
            if let identity = arguments.string("Identity"), found.isEmpty {
                return [unknown(identity, arguments.cmdlet)]
            }
            return found.map { identity in
                .value(
                    .object(
                        PSObject(
                            typeNames: [type, "System.Object"], toString: identity,
                            adapted: [PSProperty("Identity", .string(identity)), PSProperty("Description", .null)]
                                + kind.settings.map { PSProperty($0.0, $0.1) })))
            }
        }
    }

    private static func grant(_ kind: Kind) -> Cmdlet {
        Cmdlet(
            changing: "Grant-Cs\(kind.noun)",
            [
                .user, .init(name: "PolicyName", type: Cmdlet.Kind.string, position: 1), .flag("PassThru"), .tenant,
                .domainController, .text("Token"),
            ]
        ) { arguments, world in
            change(arguments, &world) { person, world in
                let name = arguments.string("PolicyName") ?? ""
                let bare = name.lowercased().hasPrefix("tag:") ? String(name.dropFirst(4)) : name
                guard bare.isEmpty || kind.names.contains(where: { $0.isSameName(as: bare) }) else {
                    return ErrorRecord(
                        message: "Policy \"\(bare)\" is not a user policy. You can assign only a user policy to a "
                            + "specific user.",
                        fullyQualifiedErrorID: "InvalidPolicy,Microsoft.Rtc.Management.Grant\(kind.noun)Cmdlet",
                        category: .invalidArgument, activity: arguments.cmdlet, reason: "ManagementException",
                        targetName: bare, targetType: "String", targetObject: .string(bare))
                }
                world.directory.change(person, kind.noun, to: bare.isEmpty ? .null : .string(bare))
                return nil
            }
        }
    }
}

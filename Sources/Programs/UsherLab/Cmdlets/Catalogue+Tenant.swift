internal import CLIXML

/// What the organization says of itself, and what is set for all of it.
extension Catalogue {
    static let tenant: [Cmdlet] =
        [
            Cmdlet(
                "Get-CsTenant",
                [
                    .init(name: "Identity", type: Cmdlet.Kind.string, position: 0), .text("Filter"), .size,
                    .domainController,
                ],
                output: ["Microsoft.Rtc.Management.ADConnect.Schema.TenantObject"]
            ) { arguments, world in
                let tenant = tenantObject(world.directory)
                if let identity = arguments.string("Identity"), identity.lowercased() != world.directory.domain,
                    identity.lowercased() != world.directory.tenantID.description,
                    identity != tenant["Identity"]?.text
                {
                    return [
                        .record(
                            .errorRecord,
                            ErrorRecord.notFound(
                                "Tenant", identity: identity, cmdlet: arguments.cmdlet
                            ).value)
                    ]
                }
                return [.value(.object(tenant))]
            },
            global("Get-CsTenantFederationConfiguration", "TenantFederationSettings") { _ in
                [
                    ("AllowedDomains", .string("AllowAllKnownDomains")),
                    ("BlockedDomains", .object(PSObject(array: []))),
                    ("AllowFederatedUsers", .bool(true)), ("AllowPublicUsers", .bool(true)),
                    ("TreatDiscoveredPartnersAsUnverified", .bool(false)),
                ]
            },
            global("Get-CsTenantLicensingConfiguration", "TenantLicensingSettings") { _ in
                [("Status", .string("Enabled"))]
            },
            global("Get-CsTenantHybridConfiguration", "TenantHybridSettings") { directory in
                [
                    ("HybridPSTNSites", .object(PSObject(array: []))), ("PeerDestination", .string("")),
                    ("UseOnPremDialPlan", .bool(false)), ("TenantName", .string(directory.domain)),
                ]
            },
            global("Get-CsTenantPublicProvider", "TenantPublicProvider") { directory in
                [("Domain", .string(directory.domain)), ("Provider", .strings(["WindowsLive"]))]
            },
            global("Get-CsMeetingConfiguration", "MeetingConfiguration") { _ in
                [
                    ("PstnCallersBypassLobby", .bool(true)), ("EnableAssignedConferenceType", .bool(true)),
                    ("DesignateAsPresenter", .string("Company")), ("AssignedConferenceTypeByDefault", .bool(true)),
                    ("AdmitAnonymousUsersByDefault", .bool(true)), ("LogoURL", .null), ("LegalURL", .null),
                    ("HelpURL", .null), ("CustomFooterText", .null), ("RequireRoomSystemsAuthorization", .bool(false)),
                ]
            },
            global("Get-CsPrivacyConfiguration", "PrivacyConfiguration") { _ in
                [
                    ("EnablePrivacyMode", .bool(false)), ("AutoInitiateContacts", .bool(true)),
                    ("PublishLocationDataDefault", .bool(true)), ("DisplayPublishedPhotoDefault", .bool(true)),
                ]
            },
            global("Get-CsImFilterConfiguration", "ImFilterConfiguration") { _ in
                [
                    ("Prefixes", .strings(["http:", "https:", "ftp:"])), ("AllowMessage", .null),
                    ("WarnMessage", .null),
                    ("Enabled", .bool(true)), ("IgnoreLocal", .bool(true)), ("BlockFileExtension", .bool(true)),
                    ("Action", .string("Allow")),
                ]
            },
            global("Get-CsPushNotificationConfiguration", "PushNotificationConfiguration") { _ in
                [
                    ("EnableApplePushNotificationService", .bool(true)),
                    ("EnableMicrosoftPushNotificationService", .bool(true)),
                ]
            },
        ]
        + [
            ("TenantFederationConfiguration", ["AllowFederatedUsers", "AllowPublicUsers", "AllowedDomains"]),
            ("TenantHybridConfiguration", ["UseOnPremDialPlan", "PeerDestination"]),
            ("TenantPublicProvider", ["Provider"]),
            ("MeetingConfiguration", ["DesignateAsPresenter", "LogoURL", "LegalURL", "CustomFooterText"]),
            ("PrivacyConfiguration", ["EnablePrivacyMode", "AutoInitiateContacts"]),
            (
                "PushNotificationConfiguration",
                ["EnableApplePushNotificationService", "EnableMicrosoftPushNotificationService"]
            ),
        ].map { noun, parameters in
            Cmdlet(
                changing: "Set-Cs\(noun)",
                [.policy, .tenant, .text("Token")] + parameters.map { .init(name: $0, type: Cmdlet.Kind.object) }
            ) { _, _ in [] }
        }

    /// A cmdlet that shows what is set for the whole organization.
    private static func global(
        _ name: String, _ type: String, _ properties: @escaping @Sendable (Directory) -> [(String, PSValue)]
    ) -> Cmdlet {
        Cmdlet(
            name, [.policy, .text("Filter"), .tenant, .localStore],
            output: ["Microsoft.Rtc.Management.WritableConfig.Settings.\(type)"]
        ) { _, world in
            [
                .value(
                    .object(
                        PSObject(
                            typeNames: [
                                "Microsoft.Rtc.Management.WritableConfig.Settings.\(type)", "System.Object",
                            ],
                            toString: "Global",
                            adapted: [PSProperty("Identity", .string("Global"))]
                                + properties(world.directory).map { PSProperty($0.0, $0.1) })))
            ]
        }
    }

    private static func tenantObject(_ directory: Directory) -> PSObject {
        let unit = "OU=\(directory.tenantID),OU=OCS Tenants,DC=lync,DC=local"
        func stamp(_ number: Int) -> PSValue { .string("\(number)") }
        return PSObject(
            typeNames: ["Microsoft.Rtc.Management.ADConnect.Schema.TenantObject", "System.Object"], toString: unit,
            adapted: [
                PSProperty("Identity", .string(unit)), PSProperty("Name", .string(directory.tenantID.description)),
                PSProperty("DisplayName", .string(directory.name)), PSProperty("TenantId", .guid(directory.tenantID)),
                PSProperty(
                    "Domains", .strings([directory.domain, "\(directory.name.lowercased()).onmicrosoft.example"])),
                PSProperty("DomainUrlMap", .object(PSObject(array: []))),
                PSProperty("DefaultPoolFqdn", .string("sippoolbl20a07.infra.lync.com")),
                PSProperty("RegistrarPool", .string("sippoolbl20a07.infra.lync.com")),
                PSProperty("ServiceInstance", .string("\(directory.name)CommunicationsOnline/San Antonio")),
                PSProperty(
                    "AssignedLicenses",
                    .object(
                        PSObject(
                            typeNames: ["System.Collections.Generic.List`1[[System.String]]", "System.Object"],
                            content: .list([.string("MCOProfessional"), .string("MCOStandard")])))),
                PSProperty("Description", .null), PSProperty("AdminDescription", .null),
                PSProperty("PublicProvider", .string("WindowsLive")), PSProperty("Phone", .string("+1 (425) 555-0100")),
                PSProperty("ProvisioningCounter", .int32(4)), PSProperty("ProvisioningStamp", stamp(1_384_986_173)),
                PSProperty("PublishingCounter", .int32(2)), PSProperty("PublishingStamp", stamp(1_384_986_174)),
                PSProperty("SubProvisioningCounter", .int32(0)), PSProperty("SyncingCounter", .int32(17)),
                PSProperty("PendingDeletion", .bool(false)), PSProperty("TenantPoolExtension", .null),
                PSProperty("WhenCreated", .dateTime(PSDateTime("2013-05-02T09:14:27.0312500Z"))),
                PSProperty("WhenChanged", .dateTime(PSDateTime("2013-11-20T22:08:51.7187500Z"))),
                PSProperty("DistinguishedName", .string(unit)), PSProperty("Guid", .guid(directory.tenantID)),
                PSProperty(
                    "ObjectCategory", .string("CN=Organizational-Unit,CN=Schema,CN=Configuration,DC=lync,DC=local")),
                PSProperty("ObjectClass", .strings(["top", "organizationalUnit"])), PSProperty("IsValid", .bool(true)),
                PSProperty("OriginatingServer", .string("dc01.lync.local")),
                PSProperty("ObjectState", .string("Unchanged")),
            ])
    }
}

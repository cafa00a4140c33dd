//! The words of the formats, and what each means here.
//!
//! Sources: Sentinel's "Scheduled analytics rules", "Microsoft Sentinel entity types reference"; MITRE ATT&CK's tactics.

use super::{CatchUp, Grouping, Kind, Operator, Severity};

pub(super) const SEVERITIES: &[(&str, Severity)] = &[
    ("Informational", Severity::Informational),
    ("Low", Severity::Low),
    ("Medium", Severity::Medium),
    ("High", Severity::High),
];

pub(super) const OPERATORS: &[(&str, Operator)] = &[
    ("gt", Operator::GreaterThan),
    ("lt", Operator::LessThan),
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("GreaterThan", Operator::GreaterThan),
    ("LessThan", Operator::LessThan),
    ("Equal", Operator::Equal),
    ("NotEqual", Operator::NotEqual),
];

pub(super) const GROUPINGS: &[(&str, Grouping)] = &[
    ("SingleAlert", Grouping::SingleAlert),
    ("AlertPerResult", Grouping::AlertPerResult),
];

pub(super) const KINDS: &[(&str, Kind)] = &[
    ("Scheduled", Kind::Scheduled),
    ("NRT", Kind::NearRealTime),
    ("Hunting", Kind::Hunting),
    ("HuntingQuery", Kind::Hunting),
];

/// Sentinel's kinds of rules that hold no query.
pub(super) const KINDS_WITHOUT_QUERY: &[&str] = &[
    "Fusion",
    "MicrosoftSecurityIncidentCreation",
    "MLBehaviorAnalytics",
    "ThreatIntelligence",
];

pub(super) const CATCH_UPS: &[(&str, CatchUp)] = &[
    ("gap", CatchUp::Gap),
    ("each", CatchUp::Each),
    ("skip", CatchUp::Skip),
];

/// Tactics of ATT&CK for enterprise and for industrial control systems, as Sentinel spells them.
pub(super) const TACTICS: &[&str] = &[
    "Reconnaissance",
    "ResourceDevelopment",
    "InitialAccess",
    "Execution",
    "Persistence",
    "PrivilegeEscalation",
    "DefenseEvasion",
    "CredentialAccess",
    "Discovery",
    "LateralMovement",
    "Collection",
    "CommandAndControl",
    "Exfiltration",
    "Impact",
    "PreAttack",
    "ImpairProcessControl",
    "InhibitResponseFunction",
    "Evasion",
];

/// A tactic in Sentinel's spelling, whatever its blanks and capitals; none for what is no tactic.
pub(super) fn tactic(text: &str) -> Option<&'static str> {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let wanted = letters(text);
    TACTICS
        .iter()
        .find(|known| letters(known) == wanted)
        .copied()
}

/// `T1078`, `T1078.001`: a technique, or a part of one.
pub(super) fn is_technique(text: &str) -> bool {
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|c| c.is_ascii_digit());
    let Some(number) = text.strip_prefix(['T', 't']) else {
        return false;
    };
    match number.split_once('.') {
        Some((number, part)) => digits(number, 4) && digits(part, 3),
        None => digits(number, 4),
    }
}

/// Types of entities with their identifiers; none where the reference names too many to list.
pub(super) const ENTITIES: &[(&str, &[&str])] = &[
    (
        "Account",
        &[
            "Name",
            "FullName",
            "NTDomain",
            "DnsDomain",
            "UPNSuffix",
            "Sid",
            "AadTenantId",
            "AadUserId",
            "PUID",
            "IsDomainJoined",
            "DisplayName",
            "ObjectGuid",
            "CloudAppAccountId",
            "Upn",
            "Host",
            "IsAnonymized",
            "Stream",
        ],
    ),
    (
        "Host",
        &[
            "DnsDomain",
            "NTDomain",
            "HostName",
            "FullName",
            "NetBiosName",
            "AzureID",
            "OMSAgentID",
            "OSFamily",
            "OSVersion",
            "IsDomainJoined",
            "IoTDevice",
        ],
    ),
    ("IP", &["Address", "AddressScope", "Location", "Stream"]),
    (
        "Malware",
        &["Name", "Category", "File", "Files", "Processes"],
    ),
    (
        "File",
        &[
            "Directory",
            "Name",
            "AlternateDataStreamName",
            "Host",
            "FileHashes",
        ],
    ),
    (
        "Process",
        &[
            "ProcessId",
            "CommandLine",
            "ElevationToken",
            "CreationTimeUtc",
            "ImageFile",
            "Account",
            "Host",
            "ParentProcess",
        ],
    ),
    (
        "CloudApplication",
        &[
            "AppId",
            "Name",
            "InstanceName",
            "SaasId",
            "InstanceId",
            "Type",
            "Risk",
        ],
    ),
    (
        "DNS",
        &["DomainName", "IpAddress", "DnsServerIp", "HostIpAddress"],
    ),
    (
        "AzureResource",
        &[
            "ResourceId",
            "SubscriptionId",
            "TryGetResourceGroup",
            "TryGetProvider",
            "TryGetName",
        ],
    ),
    ("FileHash", &["Algorithm", "Value"]),
    ("RegistryKey", &["Hive", "Key"]),
    (
        "RegistryValue",
        &["Name", "Value", "ValueType", "Key", "Host"],
    ),
    ("SecurityGroup", &["DistinguishedName", "SID", "ObjectGuid"]),
    ("URL", &["Url"]),
    (
        "NetworkConnection",
        &[
            "SourceAddress",
            "SourcePort",
            "DestinationAddress",
            "DestinationPort",
            "Protocol",
        ],
    ),
    ("IoTDevice", &[]),
    ("Mailbox", &[]),
    ("MailCluster", &[]),
    ("MailMessage", &[]),
    ("SubmissionMail", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tactics_are_known_in_every_spelling() {
        assert_eq!(tactic("Command And Control"), Some("CommandAndControl"));
        assert_eq!(tactic("command-and-control"), Some("CommandAndControl"));
        assert_eq!(tactic("Mischief"), None);
    }

    #[test]
    fn techniques_have_four_digits_and_perhaps_three_more() {
        for good in ["T1078", "T1078.001", "t0801"] {
            assert!(is_technique(good), "{good}");
        }
        for bad in ["1078", "T107", "T1078.1", "T1078.", "TA0001"] {
            assert!(!is_technique(bad), "{bad}");
        }
    }
}

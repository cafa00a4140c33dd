//! A `.reg` export: the values that name a proxy for the sensor, for Windows' own HTTP clients and for the antivirus.
//!
//! | key ends with | value | what it is |
//! |---|---|---|
//! | `Policies\Microsoft\Windows\DataCollection` | `TelemetryProxyServer` | the sensor's own proxy, `<server name or ip>:<port>` |
//! | | `DisableEnterpriseAuthProxy` | 1: the sensor does not use a proxy that asks who it is |
//! | `CurrentVersion\Internet Settings` | `ProxyServer`, `ProxyEnable`, `ProxyOverride` | the user's or the machine's proxy, whether it is on, what goes around it |
//! | | `AutoConfigURL` | where the PAC file is; it is not fetched |
//! | `Microsoft\Windows Defender` | `ProxyServer`, `ProxyBypass`, `ProxyPacUrl` | the antivirus' proxy |
//!
//! Sources: Microsoft Defender for Endpoint, page "configure-proxy-internet"; Microsoft Support, "Distribute registry changes by
//! using a .reg file". `WinHttpSettings` is a blob without a published layout: it is told and not read (`netsh winhttp show
//! proxy` says what it holds).

mod value;

use super::server_list;
use super::{Fault, Settings};
use value::{Data, Value, values};

pub(super) fn is_export(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| {
        let line = line.trim();
        line == "REGEDIT4" || line.starts_with("Windows Registry Editor Version")
    })
}

/// What a value means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A list of proxies; the values of this key that go beside it.
    Servers(&'static [Companion]),
    /// The address of a PAC file.
    Script,
    /// Something that is not read.
    Opaque,
}

/// A value beside a list of proxies.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Companion {
    name: &'static str,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// 0 turns the proxy off.
    Switch,
    /// It is told with the proxy.
    Detail,
}

/// A value that names proxies, by the end of its key.
struct Known {
    key: &'static str,
    value: &'static str,
    meaning: Meaning,
}

const fn known(key: &'static str, value: &'static str, meaning: Meaning) -> Known {
    Known {
        key,
        value,
        meaning,
    }
}

const fn companion(name: &'static str, role: Role) -> Companion {
    Companion { name, role }
}

const DATA_COLLECTION: &str = r"\policies\microsoft\windows\datacollection";
const INTERNET: &str = r"\currentversion\internet settings";
const DEFENDER: &str = r"\microsoft\windows defender";
const CONNECTIONS: &str = r"\internet settings\connections";

const KNOWN: &[Known] = &[
    known(
        DATA_COLLECTION,
        "TelemetryProxyServer",
        Meaning::Servers(&[companion("DisableEnterpriseAuthProxy", Role::Detail)]),
    ),
    known(
        INTERNET,
        "ProxyServer",
        Meaning::Servers(&[
            companion("ProxyEnable", Role::Switch),
            companion("ProxyOverride", Role::Detail),
        ]),
    ),
    known(
        DEFENDER,
        "ProxyServer",
        Meaning::Servers(&[companion("ProxyBypass", Role::Detail)]),
    ),
    known(INTERNET, "AutoConfigURL", Meaning::Script),
    known(DEFENDER, "ProxyPacUrl", Meaning::Script),
    known(CONNECTIONS, "WinHttpSettings", Meaning::Opaque),
    known(CONNECTIONS, "DefaultConnectionSettings", Meaning::Opaque),
];

pub(super) fn read(text: &str, source: &str) -> Result<Settings, Fault> {
    let values = values(text)?;
    let mut settings = Settings::default();
    for value in &values {
        let Some(known) = KNOWN.iter().find(|known| {
            value.key.ends_with(known.key) && value.name.eq_ignore_ascii_case(known.value)
        }) else {
            continue;
        };
        let place = format!("{source}:{}", value.line);
        match (known.meaning, &value.data) {
            (_, Data::Deleted) => settings
                .remarks
                .push(format!("{place}: `{}` is deleted", known.value)),
            (Meaning::Opaque, _) => settings.remarks.push(format!(
                "{place}: `{}` is not read; `netsh winhttp show proxy` prints what is in it",
                known.value
            )),
            (Meaning::Script, Data::Text(url)) => settings.remarks.push(format!(
                "{place}: `{}` names the script `{url}`; it is not fetched, give the file itself",
                known.value
            )),
            (Meaning::Servers(companions), Data::Text(list)) => {
                servers(
                    &mut settings,
                    &values,
                    value,
                    known,
                    companions,
                    list,
                    &place,
                )?;
            }
            (Meaning::Script | Meaning::Servers(_), Data::Number(_) | Data::Bytes) => {
                return Err(Fault::new(
                    value.line,
                    format!("`{}` is no text", known.value),
                ));
            }
        }
    }
    Ok(settings)
}

fn servers(
    settings: &mut Settings,
    values: &[Value],
    value: &Value,
    known: &Known,
    companions: &[Companion],
    list: &str,
    place: &str,
) -> Result<(), Fault> {
    if list.trim().is_empty() {
        return Ok(());
    }
    let mut details = Vec::new();
    for companion in companions {
        let beside = values.iter().find(|other| {
            other.key == value.key && other.name.eq_ignore_ascii_case(companion.name)
        });
        match (companion.role, beside.map(|other| &other.data)) {
            (Role::Switch, Some(Data::Number(0))) => {
                settings.remarks.push(format!(
                    "{place}: `{}` is `{list}` and turned off by `{}`",
                    known.value, companion.name
                ));
                return Ok(());
            }
            (Role::Switch, _) | (_, None | Some(Data::Deleted | Data::Bytes)) => {}
            (Role::Detail, Some(Data::Text(text))) => {
                details.push(format!("{}={text}", companion.name))
            }
            (Role::Detail, Some(Data::Number(number))) => {
                details.push(format!("{}={number}", companion.name))
            }
        }
    }
    let servers = server_list::parse(list)
        .map_err(|message| Fault::new(value.line, format!("`{}`: {message}", known.value)))?;
    let detail = details.join("; ");
    let source = format!("{} ({place})", known.value);
    let proxies = servers
        .into_iter()
        .map(|server| server.into_proxy(source.clone(), &detail));
    settings.proxies.extend(proxies);
    Ok(())
}

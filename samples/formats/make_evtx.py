#!/usr/bin/env python3
"""Makes windows/events.evtx, the same bytes each time: one chunk of binary XML without templates.

The layout is that of libevtx's documentation "Windows XML Event Log (EVTX)". usage: make_evtx.py [FOLDER]
"""
import os
import struct
import sys
import zlib

HOST = 'WS-03.birchwood.example'
SYSMON = ('Microsoft-Windows-Sysmon', 'Microsoft-Windows-Sysmon/Operational')
SECURITY = ('Microsoft-Windows-Security-Auditing', 'Security')
BEACON = '{6d1a4f10-03aa-69a5-0b01-000000000300}'
SVCHOST = '{6d1a4f10-02f0-69a5-1200-000000000300}'
SYSTEM = '{6d1a4f10-02e0-69a5-0100-000000000300}'


def connection(time, guid, pid, image, user, protocol, initiated, source, destination, hosts=('-', '-')):
    return [('RuleName', '-'), ('UtcTime', time), ('ProcessGuid', guid), ('ProcessId', pid), ('Image', image), ('User', user),
            ('Protocol', protocol), ('Initiated', initiated), ('SourceIsIpv6', 'false'), ('SourceIp', source[0]), ('SourceHostname', hosts[0]),
            ('SourcePort', source[1]), ('SourcePortName', '-'), ('DestinationIsIpv6', 'false'), ('DestinationIp', destination[0]),
            ('DestinationHostname', hosts[1]), ('DestinationPort', destination[1]), ('DestinationPortName', '-')]


def platform(direction, source, destination, application, pid):
    return [('ProcessID', pid), ('Application', application), ('Direction', direction), ('SourceAddress', source[0]), ('SourcePort', source[1]),
            ('DestAddress', destination[0]), ('DestPort', destination[1]), ('Protocol', '6'), ('FilterRTID', '71485'), ('LayerName', '%%14611'),
            ('LayerRTID', '48'), ('RemoteUserID', 'S-1-0-0'), ('RemoteMachineID', 'S-1-0-0')]


def bind(application, pid, address, port):
    return [('ProcessId', pid), ('Application', application), ('SourceAddress', address), ('SourcePort', port), ('Protocol', '6'),
            ('FilterRTID', '0'), ('LayerName', '%%14609'), ('LayerRTID', '40')]


RUNDLL = r'C:\Windows\System32\rundll32.exe'
HOSTED = r'C:\Windows\System32\svchost.exe'
PLACE = r'\device\harddiskvolume2\windows\system32\svchost.exe'
# (provider and channel, event, time created, data)
EVENTS = [
    # The listener was there before the process's own event: what event 1 tells holds for the whole file.
    (SYSMON, 3, '2026-03-02 08:57:01.402', connection('2026-03-02 08:57:00.118', BEACON, '6120', RUNDLL, r'BIRCHWOOD\c.meyer', 'tcp', 'true',
                                                      ('10.0.1.13', '50211'), ('10.0.0.6', '8080'), ('-', 'proxy.birchwood.example'))),
    (SYSMON, 1, '2026-03-02 08:57:01.420', [
        ('RuleName', '-'), ('UtcTime', '2026-03-02 08:56:59.871'), ('ProcessGuid', BEACON), ('ProcessId', '6120'), ('Image', RUNDLL),
        ('FileVersion', '10.0.26100.1'), ('Description', 'Windows host process (Rundll32)'), ('Product', 'Microsoft® Windows® Operating System'),
        ('Company', 'Microsoft Corporation'), ('OriginalFileName', 'RUNDLL32.EXE'),
        ('CommandLine', r'rundll32.exe "C:\Users\c.meyer\AppData\Roaming\sync.dll",Start & <run>'), ('CurrentDirectory', 'C:\\Windows\\'),
        ('User', r'BIRCHWOOD\c.meyer'), ('LogonGuid', '{6d1a4f10-0300-69a5-77aa-010000000000}'), ('LogonId', '0x1aa77'), ('TerminalSessionId', '1'),
        ('IntegrityLevel', 'Medium'),
        ('Hashes', 'SHA1=0A1B2C3D4E5F60718293A4B5C6D7E8F901234567,MD5=00112233445566778899AABBCCDDEEFF,'
                   'SHA256=000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F,IMPHASH=0F0E0D0C0B0A09080706050403020100'),
        ('ParentProcessGuid', '{6d1a4f10-0301-69a5-5500-000000000300}'), ('ParentProcessId', '4312'), ('ParentImage', r'C:\Windows\explorer.exe'),
        ('ParentCommandLine', r'C:\Windows\Explorer.EXE'), ('ParentUser', r'BIRCHWOOD\c.meyer')]),
    # Initiated=false, and the source is the host itself, as some versions write it.
    (SYSMON, 3, '2026-03-02 09:14:12.090', connection('2026-03-02 09:14:10.551', SVCHOST, '1044', HOSTED, r'NT AUTHORITY\NETWORK SERVICE', 'tcp',
                                                      'false', ('10.0.1.13', '3389'), ('10.0.1.11', '50122'))),
    # Initiated=false, and the source is the peer, as others do.
    (SYSMON, 3, '2026-03-02 09:20:31.700', connection('2026-03-02 09:20:30.040', SYSTEM, '4', 'System', r'NT AUTHORITY\SYSTEM', 'tcp', 'false',
                                                      ('10.0.1.12', '51000'), ('10.0.1.13', '445'), ('ws-02.birchwood.example', '-'))),
    (SYSMON, 22, '2026-03-02 09:21:02.010', [
        ('RuleName', '-'), ('UtcTime', '2026-03-02 09:21:00.000'), ('ProcessGuid', BEACON), ('ProcessId', '6120'), ('QueryName', 'wpad.birchwood.example'),
        ('QueryStatus', '0'), ('QueryResults', 'type:  5 proxy.birchwood.example;::ffff:10.0.0.6;2001:db8::6;'), ('Image', RUNDLL),
        ('User', r'BIRCHWOOD\c.meyer')]),
    (SYSMON, 5, '2026-03-02 18:00:01.000', [
        ('RuleName', '-'), ('UtcTime', '2026-03-02 18:00:00.500'), ('ProcessGuid', BEACON), ('ProcessId', '6120'), ('Image', RUNDLL)]),
    (SECURITY, 5156, '2026-03-02 08:57:00.119', platform('%%14593', ('10.0.1.13', '50211'), ('10.0.0.6', '8080'),
                                                         r'\device\harddiskvolume2\windows\system32\rundll32.exe', '6120')),
    (SECURITY, 5156, '2026-03-02 09:14:10.552', platform('%%14592', ('10.0.1.11', '50122'), ('10.0.1.13', '3389'), PLACE, '1044')),
    (SECURITY, 5157, '2026-03-02 09:30:00.000', platform('%%14592', ('10.0.1.16', '52777'), ('10.0.1.13', '5985'), 'System', '4')),
    (SECURITY, 5154, '2026-03-02 07:58:00.000', bind(PLACE, '1044', '10.0.1.13', '3389')),
    (SECURITY, 5158, '2026-03-02 08:57:00.117', bind(r'\device\harddiskvolume2\windows\system32\rundll32.exe', '6120', '10.0.1.13', '50211')),
]


class Xml:
    """Binary XML at an offset of its chunk."""

    def __init__(self, at):
        self.at, self.bytes = at, bytearray(b'\x0f\x01\x01\x00')

    def name(self, name):
        value = 0
        for character in name:
            value = (value * 65599 + ord(character)) & 0xffffffff
        offset = self.at + len(self.bytes) + 4
        self.bytes += struct.pack('<IIHH', offset, 0, value & 0xffff, len(name)) + name.encode('utf-16-le') + b'\0\0'

    def text(self, text):
        units = text.encode('utf-16-le')
        self.bytes += struct.pack('<BBH', 5, 1, len(units) // 2) + units

    def element(self, name, content, **attributes):
        self.bytes += struct.pack('<BI', 0x41 if attributes else 0x01, 0)
        self.name(name)
        if attributes:
            self.bytes += struct.pack('<I', 0)
            for index, (key, value) in enumerate(attributes.items()):
                self.bytes += b'\x46' if index + 1 < len(attributes) else b'\x06'
                self.name(key)
                self.text(value)
        if content is None:
            self.bytes += b'\x03'
            return
        self.bytes += b'\x02'
        content() if callable(content) else self.text(content)
        self.bytes += b'\x04'

    def event(self, number, log, event_id, time, data):
        def system():
            self.element('Provider', None, Name=log[0])
            self.element('EventID', str(event_id))
            self.element('TimeCreated', None, SystemTime=time.replace(' ', 'T') + '0000Z')
            self.element('EventRecordID', str(number))
            self.element('Channel', log[1])
            self.element('Computer', HOST)

        def values():
            for key, value in data:
                self.element('Data', value, Name=key)

        def event():
            self.element('System', system)
            self.element('EventData', values)

        self.element('Event', event, xmlns='http://schemas.microsoft.com/win/2004/08/events/event')
        self.bytes += b'\x00'
        return bytes(self.bytes)


def filetime(text):
    """`2026-03-02 08:57:01.402` as ticks since 1601; the day is fixed."""
    hours, minutes, seconds = text.split(' ')[1].split(':')
    days = 155_288  # 2026-03-02
    return ((days * 86_400 + int(hours) * 3600 + int(minutes) * 60) * 1000 + round(float(seconds) * 1000)) * 10_000


def chunk():
    body, at, last = bytearray(), 512, 0
    for number, (log, event_id, time, data) in enumerate(EVENTS, 1001):
        xml = Xml(at + 24).event(number, log, event_id, time, data)
        size = 24 + len(xml) + 4
        size += -size % 8
        xml += bytes(size - 28 - len(xml))
        last = at
        body += struct.pack('<4sIQQ', b'**\0\0', size, number, filetime(time)) + xml + struct.pack('<I', size)
        at += size
    first, end = 1001, 1000 + len(EVENTS)
    header = struct.pack('<8sQQQQIIII', b'ElfChnk\0', 1, len(EVENTS), first, end, 128, last, at, zlib.crc32(bytes(body)))
    header += bytes(120 - len(header))
    tables = bytes(512 - 128)
    header += struct.pack('<II', 0, zlib.crc32(header + tables))
    return (header + tables + bytes(body)).ljust(65_536, b'\0')


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    header = struct.pack('<8sQQQIHHHH', b'ElfFile\0', 0, 0, 1001 + len(EVENTS), 128, 1, 3, 4096, 1).ljust(120, b'\0')
    header += struct.pack('<II', 0, zlib.crc32(header))
    os.makedirs(os.path.join(folder, 'windows'), exist_ok=True)
    with open(os.path.join(folder, 'windows', 'events.evtx'), 'wb') as file:
        file.write(header.ljust(4096, b'\0') + chunk())


if __name__ == '__main__':
    main()

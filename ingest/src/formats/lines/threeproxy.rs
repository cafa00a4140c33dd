//! 3proxy's `logformat` (spec: <https://3proxy.org/doc/man3/3proxy.cfg.3.html>, "logformat").
//!
//! `L` or `G` in front says whether its times are local or UTC. The line is written at the end of a request; `%D` takes it
//! back to the start. `%O` goes out to the server and `%I` comes in from it. `%T` is the request as the service had it.

use super::clock::{Instant, TimePart, ZoneRule};
use super::slot::{Meaning, Slot, Unit};
use super::template::{Escapes, Extent, Field, FormatError, Padding, Piece, Template};
use super::values::OriginForm;
use Meaning::{Duration, More, Text, Time};

/// What 3proxy writes without a `logformat`.
pub(super) const DEFAULT: &str = "L%d-%m-%Y %H:%M:%S %z %N.%p %E %U %C:%c %R:%r %O %I %h %T";

const END: Instant = Instant::End;

/// Letter, key in `AdditionalFields`, meaning, length (0: up to the literal behind it).
const LETTERS: &[(char, &str, Meaning, usize)] = &[
    ('y', "", Time(TimePart::ShortYear, END), 2),
    ('Y', "", Time(TimePart::Year, END), 4),
    ('m', "", Time(TimePart::Month, END), 2),
    ('o', "", Time(TimePart::MonthName, END), 3),
    ('d', "", Time(TimePart::Day, END), 2),
    ('H', "", Time(TimePart::Hour, END), 2),
    ('M', "", Time(TimePart::Minute, END), 2),
    ('S', "", Time(TimePart::Second, END), 2),
    ('t', "", Time(TimePart::EpochSeconds, END), 0),
    ('.', "", Time(TimePart::Milliseconds, END), 3),
    ('z', "", Time(TimePart::Zone, END), 5),
    ('D', "", Duration(Unit::Milliseconds), 0),
    ('b', "BytesOutPerSecond", More, 0),
    ('B', "BytesInPerSecond", More, 0),
    ('U', "", Text(Slot::User), 0),
    ('N', "Service", More, 0),
    ('p', "", Text(Slot::ProxyPort), 0),
    ('E', "", Text(Slot::ErrorCode), 0),
    ('C', "", Text(Slot::Client), 0),
    ('c', "", Text(Slot::ClientPort), 0),
    ('R', "", Text(Slot::Peer), 0),
    ('r', "RemotePort", More, 0),
    ('i', "", Text(Slot::ProxyIp), 0),
    ('e', "ExternalIP", More, 0),
    ('Q', "RequestedIP", More, 0),
    ('q', "", Text(Slot::Port), 0),
    ('n', "", Text(Slot::Host), 0),
    ('I', "", Text(Slot::ResponseBytes), 0),
    ('O', "", Text(Slot::RequestBytes), 0),
    ('h', "Hops", More, 0),
    ('T', "", Text(Slot::Request), 0),
];

pub(super) fn compile(format: &str) -> Result<Template, FormatError> {
    // `-+_L…` and `&+_L…` name characters that 3proxy replaces, before the letter of the clock.
    let begin = ["L", "G"]
        .iter()
        .find_map(|clock| match format.starts_with(['-', '&']) {
            true => format.find(&format!("{clock}%")),
            false => format.starts_with(clock).then_some(0),
        });
    let Some(begin) = begin else {
        return Err(FormatError::new(
            0,
            "a logformat of 3proxy begins with `L` (local time) or `G` (UTC)",
        ));
    };
    let rule = match format[begin..].starts_with('G') {
        true => ZoneRule::Utc,
        false => ZoneRule::Told,
    };
    let mut pieces = Vec::new();
    let mut letters = format[begin + 1..].char_indices();
    while let Some((index, letter)) = letters.next() {
        let at = begin + 1 + index;
        if letter != '%' {
            pieces.push(Piece::Literal(letter.to_string()));
            continue;
        }
        let wanted = letters.next().map_or(' ', |(_, letter)| letter);
        if wanted == '%' {
            pieces.push(Piece::Literal("%".to_owned()));
            continue;
        }
        let Some((letter, key, meaning, length)) =
            LETTERS.iter().find(|(known, ..)| *known == wanted)
        else {
            return Err(FormatError::new(
                at,
                format!("`%{wanted}` is no element of 3proxy's logformat that is read here"),
            ));
        };
        pieces.push(Piece::Field(Field {
            directive: format!("%{letter}"),
            name: match key.is_empty() {
                true => letter.to_string(),
                false => (*key).to_owned(),
            },
            meaning: *meaning,
            extent: match (length, letter) {
                (0, 'T') => Extent::Text,
                (0, _) => Extent::Word,
                (length, _) => Extent::Fixed(*length),
            },
            padding: Padding::None,
            escapes: Escapes::None,
            at,
        }));
    }
    Template::build("3proxy", OriginForm::Kept, rule, pieces)
}

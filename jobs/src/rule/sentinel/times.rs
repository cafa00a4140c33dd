//! When an analytic rule runs, and how far a run looks back.

use crate::rule::ours::Block;
use crate::rule::reader::{Fields, LIMIT, MISSING, NO_EFFECT, Reader, WRONG};
use crate::rule::tree::Entry;
use crate::rule::{Every, Kind, Rule, Schedule, period};
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE};

/// The longest time between two runs; Sentinel looks back no further either.
const FREQUENCY_MAX: i64 = 14 * TICKS_PER_DAY;

pub(super) fn schedule(
    cx: &mut Reader<'_>,
    fields: &Fields<'_>,
    kind: Option<Kind>,
    block: &Block,
    rule: &mut Rule,
) {
    let frequency = fields.entry("queryFrequency");
    let period = fields.entry("queryPeriod");
    let every = cx.span_of_time(frequency);
    let back = cx.span_of_time(period);
    let is_timed = frequency.is_some() || period.is_some() || block.cron.is_some();
    rule.kind = kind.unwrap_or(if is_timed {
        Kind::Scheduled
    } else {
        Kind::Hunting
    });
    let is_off = cx.truth(fields.entry("enabled")) == Some(false);
    let schedule = match rule.kind {
        Kind::Hunting => {
            if is_timed {
                let message =
                    "a rule of the kind `Hunting` never runs by itself: its times have no effect"
                        .to_owned();
                cx.hint(NO_EFFECT, fields.span, message).help =
                    Some("write `kind: Scheduled`".to_owned());
            }
            None
        }
        Kind::NearRealTime => {
            if is_timed {
                let message =
                    "a rule of the kind `NRT` runs every minute: its times have no effect"
                        .to_owned();
                cx.hint(NO_EFFECT, fields.span, message);
            }
            Some(Schedule {
                every: Every::Span(TICKS_PER_MINUTE),
                period: TICKS_PER_MINUTE,
            })
        }
        Kind::Scheduled => scheduled(
            cx,
            fields,
            block.cron.as_deref(),
            (frequency, every),
            (period, back),
        ),
    };
    rule.schedule = schedule.filter(|_| !is_off);
    if is_off {
        cx.hint(
            NO_EFFECT,
            fields.span,
            "the rule is not enabled: it never runs by itself".to_owned(),
        );
    }
}

fn scheduled(
    cx: &mut Reader<'_>,
    fields: &Fields<'_>,
    cron: Option<&str>,
    (frequency, every): (Option<&Entry>, Option<i64>),
    (period, back): (Option<&Entry>, Option<i64>),
) -> Option<Schedule> {
    let every = match (cron, every) {
        (Some(cron), _) => {
            if let Some(entry) = frequency {
                let message = "`queryFrequency` has no effect beside `cron`".to_owned();
                cx.hint(NO_EFFECT, entry.value.span, message);
            }
            Every::Cron(cron.to_owned())
        }
        (None, Some(ticks)) => Every::Span(ticks),
        (None, None) => {
            if frequency.is_none() {
                cx.error(
                    MISSING,
                    fields.span,
                    "a scheduled rule lacks `queryFrequency`".to_owned(),
                )
                .help = Some(
                    "write for instance `queryFrequency: 1h` and `queryPeriod: 1h`".to_owned(),
                );
            }
            return None;
        }
    };
    let back = match (&every, back) {
        (_, Some(ticks)) => ticks,
        (Every::Span(ticks), None) if period.is_none() => {
            let message =
                "a scheduled rule lacks `queryPeriod`: it looks back as far as its last run"
                    .to_owned();
            cx.warn(MISSING, fields.span, message);
            *ticks
        }
        _ => {
            if period.is_none() {
                cx.error(
                    MISSING,
                    fields.span,
                    "a scheduled rule lacks `queryPeriod`".to_owned(),
                )
                .help =
                    Some("say how far a run looks back, for instance `queryPeriod: 1d`".to_owned());
            }
            return None;
        }
    };
    if let (Every::Span(ticks), Some(entry)) = (&every, frequency) {
        times(cx, entry, *ticks, back)?;
    }
    Some(Schedule {
        every,
        period: back,
    })
}

/// None when the times cannot be; what only Sentinel would not take is told.
fn times(cx: &mut Reader<'_>, entry: &Entry, every: i64, back: i64) -> Option<()> {
    let span = entry.value.span;
    if !(TICKS_PER_MINUTE..=FREQUENCY_MAX).contains(&every) {
        let message = format!("`queryFrequency` is {}", period::show(every));
        cx.error(WRONG, span, message).help = Some("expected 1 minute to 14 days".to_owned());
        return None;
    }
    if back < every {
        let (every, back) = (period::show(every), period::show(back));
        let message = format!(
            "the rule runs every {every} and looks back {back}: what happens between is never looked at"
        );
        cx.error(WRONG, span, message).help =
            Some("`queryPeriod` has to be `queryFrequency` at least".to_owned());
        return None;
    }
    if every < 5 * TICKS_PER_MINUTE {
        cx.hint(
            LIMIT,
            span,
            "Sentinel's least `queryFrequency` is 5 minutes".to_owned(),
        );
    }
    if back > FREQUENCY_MAX {
        cx.hint(
            LIMIT,
            span,
            "Sentinel's greatest `queryPeriod` is 14 days".to_owned(),
        );
    }
    if back >= 2 * TICKS_PER_DAY && every < TICKS_PER_HOUR {
        let message =
            "Sentinel lets a rule that looks back 2 days or more run every hour at most".to_owned();
        cx.hint(LIMIT, span, message);
    }
    Some(())
}

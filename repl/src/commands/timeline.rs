//! `huntql timeline`: the events of one device in order, and `.timeline` of the shell.

use crate::cli::{AskArgs, DataArgs};
use crate::failure::Failure;
use crate::output::{FORMATS, Format, TIMELINE, format};
use crate::question::Question;
use crate::run;
use crate::screen::Screen;
use crate::session::Session;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use huntql_kql::time::{format_datetime, parse_datetime, parse_timespan};

#[derive(Debug, Args)]
pub struct TimelineArgs {
    #[command(flatten)]
    pub asked: Asked,
    #[command(flatten)]
    pub data: DataArgs,
}

/// Which device and which time.
#[derive(Debug, Args)]
pub struct Asked {
    /// Its DeviceName (the domain may be left out), its DeviceId, or an address
    #[arg(value_name = "DEVICE")]
    pub device: String,
    /// The first time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<i64>,
    /// The last time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<i64>,
    /// The time in the middle
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with_all = ["from", "to"])]
    pub around: Option<i64>,
    /// How far `--around` reaches to each side
    #[arg(long, value_name = "TIMESPAN", requires = "around", default_value = "15m", value_parser = span)]
    pub window: i64,
    /// How rows are printed [default: a line for each event]
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    pub format: Option<Shape>,
}

/// A format by its name.
#[derive(Clone, Copy)]
pub struct Shape(&'static Format);

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

fn formats() -> impl TypedValueParser<Value = Shape> {
    let names = FORMATS
        .iter()
        .map(|format| PossibleValue::new(format.name).help(format.doc));
    PossibleValuesParser::new(names)
        .map(|name| Shape(format(&name).expect("only names of formats are possible values")))
}

fn time(text: &str) -> Result<i64, String> {
    parse_datetime(text)
        .ok_or_else(|| "expected a datetime such as 2026-03-04T15:00:00Z".to_owned())
}

fn span(text: &str) -> Result<i64, String> {
    parse_timespan(text)
        .filter(|ticks| *ticks >= 0)
        .ok_or_else(|| "expected a timespan such as 15m or 2h".to_owned())
}

impl Asked {
    /// The query whose rows are the timeline.
    pub fn query(&self) -> String {
        let (since, until) = match self.around {
            Some(middle) => (
                Some(middle.saturating_sub(self.window)),
                Some(middle.saturating_add(self.window)),
            ),
            None => (self.from, self.to),
        };
        let device = literal(&self.device);
        if since.is_none() && until.is_none() {
            return format!("DeviceTimeline({device})");
        }
        let bound = |ticks: Option<i64>, open: &str| {
            let text = ticks.map_or_else(|| open.to_owned(), format_datetime);
            format!("datetime({text})")
        };
        // The bounds that the function itself has.
        format!(
            "DeviceTimeline({device}, {}, {})",
            bound(since, "1900-01-01"),
            bound(until, "9000-01-01")
        )
    }

    /// How the rows are to be shown.
    pub fn shape(&self) -> &'static Format {
        self.format.map_or(&TIMELINE, |shape| shape.0)
    }
}

/// A string literal of KQL.
fn literal(text: &str) -> String {
    let mut literal = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => literal.extend(['\\', character]),
            control if control.is_control() => {
                literal.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

pub fn run(args: &TimelineArgs) -> Result<(), Failure> {
    let session = Session::open(&args.data)?;
    super::runtime()?.block_on(async {
        let options = session.options(&AskArgs::default()).await?;
        let question = Question::of_text(args.asked.query());
        let screen = Screen::stdout(args.asked.shape());
        run::run(&session, &question, &options, &screen).await?;
        Ok(())
    })
}

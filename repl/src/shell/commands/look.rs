//! Commands that show something: of the session, of the language, of the shell itself.

use super::{COMMANDS, entry, meant, print, wrong};
use crate::manual;
use crate::output::{FORMATS, format as format_of};
use crate::question::Question;
use crate::run;
use crate::screen::{Screen, window};
use crate::session::proxies::PROXIES;
use crate::shell::{Flow, Shell};
use huntql_engine::Table;
use huntql_engine::described::described;
use huntql_kql::diagnostics::did_you_mean;
use huntql_store::schema::builtin;
use std::io::{self, IsTerminal};

pub(super) fn help(shell: &mut Shell, word: &str) -> io::Result<Flow> {
    if word.is_empty() {
        return all();
    }
    let bare = word.trim_start_matches('.').trim_end_matches(['(', ')']);
    if let [command] = meant(bare).as_slice() {
        let usage = format!(".{} {}", command.name, command.usage);
        return print([usage, format!("    {}", command.doc)]);
    }
    if let Some(page) = manual::about(bare) {
        return print(shown(&page).lines().map(str::to_owned));
    }
    if shell.session.engine.catalog().table(bare).is_some() {
        return schema(shell, bare);
    }
    wrong(&match manual::near(bare) {
        Some(near) => format!("there is no help about `{bare}`; did you mean `{near}`?"),
        None => format!("there is no help about `{bare}`; `.functions {bare}` searches"),
    })
}

fn all() -> io::Result<Flow> {
    print(
        COMMANDS
            .iter()
            .map(|command| {
                let usage = format!(".{} {}", command.name, command.usage);
                entry(&usage, command.doc, 21)
            })
            .chain([
                String::new(),
                "A query of one line runs at Enter; of several, at `;` or an empty line."
                    .to_owned(),
                "A line that begins with `|` goes on from the query before. Tab completes,"
                    .to_owned(),
                "Ctrl-R searches what was typed, Ctrl-C stops a query, Ctrl-D leaves.".to_owned(),
                "A command may be cut short: `.sch DeviceInfo`.".to_owned(),
            ]),
    )
}

/// A page as it goes to the screen, or into a pipe.
fn shown(page: &str) -> String {
    match io::stdout().is_terminal() {
        true => manual::fitted(page, window().0),
        false => page.to_owned(),
    }
}

pub(super) fn functions(_: &mut Shell, word: &str) -> io::Result<Flow> {
    let all = described();
    if let Some(exact) = all.iter().find(|row| row.name == word) {
        return print([shown(&manual::function_page(exact))]);
    }
    let word = word.to_lowercase();
    let mut found = all
        .iter()
        .filter(|row| row.name.contains(&word) || row.doc.to_lowercase().contains(&word))
        .peekable();
    if found.peek().is_none() {
        return wrong(&format!(
            "no function has `{word}` in its name or its description"
        ));
    }
    print(found.map(|row| entry(&format!("{}()", row.name), row.doc, 29)))
}

pub(super) fn proxies(shell: &mut Shell, _: &str) -> io::Result<Flow> {
    let columns = &builtin(PROXIES).expect("Proxies is built in").columns;
    let batch = shell.session.proxies.to_batch();
    match Screen::stdout(shell.view.format).show_batch(columns, &batch) {
        Ok(()) => Ok(Flow::On),
        Err(_) => Ok(Flow::Quit),
    }
}

pub(super) fn format(shell: &mut Shell, name: &str) -> io::Result<Flow> {
    if name.is_empty() {
        return print(FORMATS.iter().map(|known| {
            let mark = if known.name == shell.view.format.name {
                '*'
            } else {
                ' '
            };
            format!("{mark} {:<9} {}", known.name, known.doc)
        }));
    }
    match format_of(name) {
        Some(found) => shell.view.format = found,
        None => {
            let names = FORMATS.iter().map(|format| format.name);
            return wrong(&match did_you_mean(name, names) {
                Some(near) => format!("`{name}` is not a format; did you mean `{near}`?"),
                None => format!("`{name}` is not a format; `.format` lists them"),
            });
        }
    }
    Ok(Flow::On)
}

pub(super) fn tables(shell: &mut Shell, word: &str) -> io::Result<Flow> {
    let word = word.to_lowercase();
    let catalog = shell.session.engine.catalog();
    let tables = catalog.tables().chain(catalog.tables_apart());
    // Those with rows come last: that is what stays on the screen.
    let (full, empty): (Vec<_>, Vec<_>) = tables
        .filter(|table| table.schema.name.to_lowercase().contains(&word))
        .partition(|table| table.rows.is_some());
    if full.is_empty() && empty.is_empty() {
        return wrong(&format!("no table has `{word}` in its name"));
    }
    let line = |mark, table: &Table| format!("{mark} {}", table.schema.name);
    let empty = empty.into_iter().map(|table| line(' ', table));
    let full = full.into_iter().map(|table| line('*', table));
    print(empty.chain(full).collect::<Vec<_>>())
}

pub(super) fn schema(shell: &mut Shell, name: &str) -> io::Result<Flow> {
    if name.is_empty() {
        return tables(shell, "");
    }
    let catalog = shell.session.engine.catalog();
    let Some(table) = catalog.table(name) else {
        let names = catalog.tables().map(|table| table.schema.name.as_str());
        return wrong(&match did_you_mean(name, names) {
            Some(near) => format!("`{name}` is not a known table; did you mean `{near}`?"),
            None => format!("`{name}` is not a known table; `.tables` lists them"),
        });
    };
    let columns = &table.schema.columns;
    let longest = columns.iter().map(|column| column.name.len()).max();
    let longest = longest.unwrap_or_default();
    print(
        columns
            .iter()
            .map(|column| format!("{:<longest$}  {}", column.name, column.ty)),
    )
}

pub(super) fn explain(shell: &mut Shell, text: &str) -> io::Result<Flow> {
    let text = match (text.trim(), &shell.last) {
        ("", Some(last)) => last.clone(),
        ("", None) => return wrong("`.explain` needs a query: there was none before"),
        (text, _) => text.to_owned(),
    };
    let question = Question::of_text(text);
    let plans = shell.runtime.block_on(async {
        let options = shell.session.options(&shell.ask).await?;
        let plans = shell.session.engine.explain(&question.text, &options).await;
        plans.map_err(|error| run::refused(&question, error))
    });
    match plans {
        Ok(plans) => print([plans]),
        Err(failure) => {
            failure.code();
            Ok(Flow::On)
        }
    }
}

pub(super) fn history(shell: &mut Shell, word: &str) -> io::Result<Flow> {
    let entries = shell.history.iter().enumerate();
    let lines: Vec<String> = entries
        .filter(|(_, entry)| entry.contains(word))
        .map(|(number, entry)| {
            let entry = entry.replace('\n', "\n       ");
            format!("{:>5}  {entry}", number + 1)
        })
        .collect();
    print(lines)
}

pub(super) fn limit(shell: &mut Shell, count: &str) -> io::Result<Flow> {
    if count.is_empty() {
        return print([match shell.view.rows_max {
            Some(rows) => format!("{rows} rows of a result are shown"),
            None => "all rows are shown".to_owned(),
        }]);
    }
    match count.replace([',', '_'], "").parse() {
        Ok(0) => shell.view.rows_max = None,
        Ok(rows) => shell.view.rows_max = Some(rows),
        Err(_) => return wrong("`.limit` takes a number of rows; 0 shows all"),
    }
    Ok(Flow::On)
}

pub(super) fn timer(shell: &mut Shell, word: &str) -> io::Result<Flow> {
    shell.view.is_timed = match word {
        "on" => true,
        "off" => false,
        "" => !shell.view.is_timed,
        _ => return wrong("`.timer` takes `on` or `off`"),
    };
    print([format!(
        "timer: {}",
        if shell.view.is_timed { "on" } else { "off" }
    )])
}

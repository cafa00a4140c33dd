//! `scan`: sequences of rows that match steps.
//!
//! Each step has a state: the rows that matched the steps up to it in one sequence, and the sequence's number. A row meets the
//! steps from the last to the first. It takes over the state of the step before when it meets the step's condition with that;
//! else it may continue the step's own sequence. Source: Kusto docs, "scan operator", "Matching logic".
//!
//! What a condition asks of the row alone is computed for all rows at once; only what asks for the state is computed row by row.

use super::{Compiled, Compiler, Program, Progress, Run, column, null_of, truth};
use crate::ir::{Scalar, ScalarKind};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, RecordBatch, UInt32Array, new_empty_array,
};
use datafusion::arrow::compute::{concat, sort_to_indices, take, take_record_batch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::Result;
use huntql_kql::types::Column;
use huntql_store::arrow_type;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Stands between a step's name and a column's in the names of the state's columns.
pub(crate) const OF: char = '\u{1f}';

/// The name of a column of the state.
pub(crate) fn state_column(step: &str, column: &str) -> String {
    format!("{step}{OF}{column}")
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Scan {
    /// The input's columns, in the order of the result; the position and the key are among them.
    pub columns: Vec<Column>,
    /// The column of the rows' places.
    pub position: String,
    /// Where this column's value changes, all states begin again.
    pub key: Option<String>,
    pub declared: Vec<Declared>,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Declared {
    pub column: Column,
    /// A constant.
    pub default: Scalar,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Step {
    pub name: String,
    /// All must be true.
    pub conditions: Vec<Scalar>,
    /// For each declared column, what the step assigns.
    pub assignments: Vec<Option<Scalar>>,
    pub output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Output {
    All,
    Last,
    None,
}

impl Scan {
    /// The columns that conditions and assignments can name.
    fn frame(&self) -> Vec<Column> {
        let mut frame = self.columns.clone();
        for step in &self.steps {
            let own = self.columns.iter();
            let declared = self.declared.iter().map(|declared| &declared.column);
            frame.extend(
                own.chain(declared)
                    .map(|column| Column::new(state_column(&step.name, &column.name), column.ty)),
            );
        }
        frame
    }
}

/// Whether a scalar looks at the state.
fn looks_back(scalar: &Scalar) -> bool {
    let mut found = false;
    scalar.visit(&mut |part| {
        found |= matches!(&part.kind, ScalarKind::Column(name) if name.contains(OF));
    });
    found
}

impl Program for Scan {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn spec(&self) -> Result<Vec<u8>> {
        super::spec(self)
    }

    fn map_scalars(&self, change: &mut dyn FnMut(Scalar) -> Scalar) -> Arc<dyn Program> {
        let mut scan = self.clone();
        for declared in &mut scan.declared {
            declared.default = declared.default.clone().map(change);
        }
        for step in &mut scan.steps {
            for scalar in step
                .conditions
                .iter_mut()
                .chain(step.assignments.iter_mut().flatten())
            {
                *scalar = scalar.clone().map(change);
            }
        }
        Arc::new(scan)
    }

    fn compile(&self, _: &[Vec<Column>], compiler: &Compiler<'_>) -> Result<Arc<dyn Run>> {
        let frame = self.frame();
        let value = |scalar: &Scalar| {
            let compiled = compiler.compiled(scalar, &frame)?;
            Ok(if looks_back(scalar) {
                Value::OfState(compiled)
            } else {
                Value::OfRow(compiled)
            })
        };
        let steps = self
            .steps
            .iter()
            .map(|step| {
                Ok(CompiledStep {
                    conditions: step
                        .conditions
                        .iter()
                        .map(value)
                        .collect::<Result<Vec<_>>>()?,
                    assignments: step
                        .assignments
                        .iter()
                        .map(|assigned| assigned.as_ref().map(value).transpose())
                        .collect::<Result<Vec<_>>>()?,
                    output: step.output,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let defaults = self
            .declared
            .iter()
            .map(|declared| {
                compiler
                    .compiled(&declared.default, &[])?
                    .over(Vec::new(), 1)
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(CompiledScan {
            scan: self.clone(),
            steps,
            defaults,
        }))
    }
}

#[derive(Debug)]
enum Value {
    OfRow(Compiled),
    OfState(Compiled),
}

#[derive(Debug)]
struct CompiledStep {
    conditions: Vec<Value>,
    assignments: Vec<Option<Value>>,
    output: Output,
}

#[derive(Debug)]
struct CompiledScan {
    scan: Scan,
    steps: Vec<CompiledStep>,
    defaults: Vec<ArrayRef>,
}

/// A row with the values of the declared columns (one element each).
#[derive(Debug, Clone)]
struct Extended {
    row: usize,
    declared: Vec<ArrayRef>,
}

/// The state of a step: what matched each step up to it.
#[derive(Debug, Clone)]
struct State {
    sequence: i64,
    steps: Vec<Option<Extended>>,
}

/// A row of the result.
struct Emitted {
    extended: Extended,
    sequence: i64,
}

impl Run for CompiledScan {
    fn run(&self, inputs: &[RecordBatch], progress: &Progress) -> Result<Vec<ArrayRef>> {
        let places = column(&inputs[0], &self.scan.position)?;
        let input = take_record_batch(&inputs[0], &sort_to_indices(places, None, None)?)?;
        let running = Running::new(self, &input)?;
        let emitted = running.all(progress)?;
        self.result(&input, &emitted)
    }
}

impl CompiledScan {
    /// About what a row of the result holds before the columns are made: each declared value is an array of its own.
    fn emitted_bytes(&self) -> usize {
        const ARRAY_BYTES: usize = 192;
        size_of::<Emitted>() + self.scan.declared.len() * ARRAY_BYTES
    }

    /// The input's columns, the declared ones, the sequences' numbers.
    fn result(&self, input: &RecordBatch, emitted: &[Emitted]) -> Result<Vec<ArrayRef>> {
        let rows = UInt32Array::from_iter_values(
            emitted
                .iter()
                .map(|row| u32::try_from(row.extended.row).expect("a batch has fewer rows")),
        );
        let mut result = Vec::new();
        for known in &self.scan.columns {
            result.push(take(column(input, &known.name)?, &rows, None)?);
        }
        for (index, declared) in self.scan.declared.iter().enumerate() {
            let values: Vec<&dyn Array> = emitted
                .iter()
                .map(|row| row.extended.declared[index].as_ref())
                .collect();
            result.push(match values.as_slice() {
                [] => new_empty_array(&arrow_type(declared.column.ty)),
                values => concat(values)?,
            });
        }
        let sequences = emitted.iter().map(|row| row.sequence);
        result.push(Arc::new(Int64Array::from_iter_values(sequences)));
        Ok(result)
    }
}

/// Values of a step that do not depend on the state, for all rows.
struct Known<'s> {
    /// Where all conditions on the row alone are true.
    matches: Vec<bool>,
    conditions: Vec<&'s Compiled>,
    assignments: Vec<Option<Assigned<'s>>>,
}

enum Assigned<'s> {
    Known(ArrayRef),
    Later(&'s Compiled),
}

struct Running<'s> {
    scan: &'s CompiledScan,
    input: &'s RecordBatch,
    known: Vec<Known<'s>>,
    /// Where the columns of the state come from: the step, and the input's or the declared column.
    sources: HashMap<String, (usize, StateSource)>,
    nulls: Vec<ArrayRef>,
    restarts: Vec<bool>,
}

#[derive(Clone, Copy)]
enum StateSource {
    Input(usize),
    Declared(usize),
}

impl<'s> Running<'s> {
    fn new(scan: &'s CompiledScan, input: &'s RecordBatch) -> Result<Self> {
        let known = scan
            .steps
            .iter()
            .map(|step| known(step, input))
            .collect::<Result<Vec<_>>>()?;
        let mut sources = HashMap::new();
        for (index, step) in scan.scan.steps.iter().enumerate() {
            for (at, own) in scan.scan.columns.iter().enumerate() {
                let name = state_column(&step.name, &own.name);
                sources.insert(name, (index, StateSource::Input(at)));
            }
            for (at, declared) in scan.scan.declared.iter().enumerate() {
                let name = state_column(&step.name, &declared.column.name);
                sources.insert(name, (index, StateSource::Declared(at)));
            }
        }
        Ok(Self {
            scan,
            input,
            known,
            sources,
            nulls: scan.scan.columns.iter().map(null_of).collect(),
            restarts: restarts(scan.scan.key.as_deref(), input)?,
        })
    }

    fn all(&self, progress: &Progress) -> Result<Vec<Emitted>> {
        const ROWS_BETWEEN_CHECKS: usize = 1024;
        let count = self.scan.steps.len();
        let mut sequences = Sequences::new(self.scan);
        let mut counted = 0;
        for row in 0..self.input.num_rows() {
            if row % ROWS_BETWEEN_CHECKS == 0 {
                progress.check()?;
                let new = sequences.emitted.len() - counted;
                progress.hold(new * self.scan.emitted_bytes())?;
                counted += new;
            }
            if self.restarts[row] {
                sequences.restart();
            }
            for step in (0..count).rev() {
                self.meet(row, step, &mut sequences)?;
            }
        }
        sequences.restart();
        Ok(sequences.emitted)
    }

    /// A row meets a step.
    fn meet(&self, row: usize, step: usize, sequences: &mut Sequences<'_>) -> Result<()> {
        if !self.known[step].matches[row] {
            return Ok(());
        }
        if step > 0
            && let Some(before) = &sequences.states[step - 1]
            && self.matches(row, step, Some(before))?
        {
            let declared = self.assigned(row, step, Some(before))?;
            sequences.promote(step, Extended { row, declared });
            return Ok(());
        }
        let own = sequences.states[step].as_ref();
        if (step == 0 || own.is_some()) && self.matches(row, step, own)? {
            let declared = self.assigned(row, step, own)?;
            sequences.go_on(step, Extended { row, declared });
        }
        Ok(())
    }

    fn matches(&self, row: usize, step: usize, state: Option<&State>) -> Result<bool> {
        for condition in &self.known[step].conditions {
            let value = self.value(condition, row, state)?;
            if !truth(value.as_boolean())[0] {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn assigned(&self, row: usize, step: usize, state: Option<&State>) -> Result<Vec<ArrayRef>> {
        self.known[step]
            .assignments
            .iter()
            .zip(&self.scan.defaults)
            .map(|(assigned, default)| match assigned {
                None => Ok(Arc::clone(default)),
                Some(Assigned::Known(values)) => Ok(values.slice(row, 1)),
                Some(Assigned::Later(scalar)) => self.value(scalar, row, state),
            })
            .collect()
    }

    fn value(&self, scalar: &Compiled, row: usize, state: Option<&State>) -> Result<ArrayRef> {
        let columns = scalar
            .reads()
            .map(|name| match self.sources.get(name) {
                Some((step, source)) => Ok(self.remembered(*step, *source, state)),
                None => Ok(column(self.input, name)?.slice(row, 1)),
            })
            .collect::<Result<Vec<_>>>()?;
        scalar.over(columns, 1)
    }

    /// A value of the state; null, or the default, where nothing matched the step yet.
    fn remembered(&self, step: usize, source: StateSource, state: Option<&State>) -> ArrayRef {
        let extended = state
            .and_then(|state| state.steps.get(step))
            .and_then(Option::as_ref);
        match (source, extended) {
            (StateSource::Input(at), Some(extended)) => {
                let name = &self.scan.scan.columns[at].name;
                match self.input.column_by_name(name) {
                    Some(values) => values.slice(extended.row, 1),
                    None => Arc::clone(&self.nulls[at]),
                }
            }
            (StateSource::Input(at), None) => Arc::clone(&self.nulls[at]),
            (StateSource::Declared(at), Some(extended)) => Arc::clone(&extended.declared[at]),
            (StateSource::Declared(at), None) => Arc::clone(&self.scan.defaults[at]),
        }
    }
}

fn known<'s>(step: &'s CompiledStep, input: &RecordBatch) -> Result<Known<'s>> {
    let mut matches = vec![true; input.num_rows()];
    let mut conditions = Vec::new();
    for condition in &step.conditions {
        match condition {
            Value::OfRow(scalar) => {
                for (all, one) in matches.iter_mut().zip(scalar.truth(input)?) {
                    *all &= one;
                }
            }
            Value::OfState(scalar) => conditions.push(scalar),
        }
    }
    let assignments = step
        .assignments
        .iter()
        .map(|assigned| {
            Ok(match assigned {
                None => None,
                Some(Value::OfRow(scalar)) => Some(Assigned::Known(scalar.of(input)?)),
                Some(Value::OfState(scalar)) => Some(Assigned::Later(scalar)),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Known {
        matches,
        conditions,
        assignments,
    })
}

/// The rows at which another sub-table begins.
fn restarts(key: Option<&str>, input: &RecordBatch) -> Result<Vec<bool>> {
    let Some(key) = key else {
        return Ok(vec![false; input.num_rows()]);
    };
    let key = column(input, key)?;
    let differs: Box<dyn Fn(usize) -> bool> = match key.as_string_opt::<i32>() {
        Some(texts) => Box::new(|row| texts.value(row) != texts.value(row - 1)),
        None => {
            let numbers = key.as_primitive::<Int64Type>();
            Box::new(|row| numbers.value(row) != numbers.value(row - 1))
        }
    };
    Ok((0..input.num_rows())
        .map(|row| row > 0 && differs(row))
        .collect())
}

/// The states of all steps, and what was given out.
struct Sequences<'s> {
    scan: &'s CompiledScan,
    states: Vec<Option<State>>,
    /// With `output=last`: the last row of the series that goes on.
    held: Vec<Option<Emitted>>,
    next: i64,
    emitted: Vec<Emitted>,
}

impl<'s> Sequences<'s> {
    fn new(scan: &'s CompiledScan) -> Self {
        let count = scan.steps.len();
        Self {
            scan,
            states: vec![None; count],
            held: (0..count).map(|_| None).collect(),
            next: 0,
            emitted: Vec::new(),
        }
    }

    /// All sequences end.
    fn restart(&mut self) {
        for step in 0..self.states.len() {
            self.end_series(step);
            self.states[step] = None;
        }
        self.next = 0;
    }

    fn end_series(&mut self, step: usize) {
        self.emitted.extend(self.held[step].take());
    }

    /// The sequence of the step before goes on with this row in this step.
    fn promote(&mut self, step: usize, extended: Extended) {
        self.end_series(step - 1);
        self.end_series(step);
        let Some(mut state) = self.states[step - 1].take() else {
            return;
        };
        state.steps[step] = Some(extended.clone());
        self.emit(step, extended, state.sequence);
        self.states[step] = Some(state);
    }

    /// The step's own sequence goes on, or the first step begins one.
    fn go_on(&mut self, step: usize, extended: Extended) {
        let mut state = match self.states[step].take() {
            Some(state) => state,
            None => {
                self.next += 1;
                State {
                    sequence: self.next - 1,
                    steps: vec![None; self.states.len()],
                }
            }
        };
        state.steps[step] = Some(extended.clone());
        self.emit(step, extended, state.sequence);
        self.states[step] = Some(state);
    }

    fn emit(&mut self, step: usize, extended: Extended, sequence: i64) {
        let emitted = Emitted { extended, sequence };
        match self.scan.steps[step].output {
            Output::All => self.emitted.push(emitted),
            Output::Last => self.held[step] = Some(emitted),
            Output::None => {}
        }
    }
}

//! Files of every kind, as they should be and as they should not.

mod csv;
mod fuzz;
mod hostile;
mod iso;
mod made;
mod statements;
mod status;
mod zipped;

use super::*;

/// Reads a file under the usual limit.
fn read_all(file: impl AsRef<[u8]>) -> Result<(Vec<Summary>, Vec<Line>), FileError> {
    let mut lines = Vec::new();
    let summaries = read(Cursor::new(file.as_ref()), "file", LARGEST, &mut |line| lines.push(line))?;
    let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, (1..=lines.len() as u64).collect::<Vec<_>>(), "lines are counted from 1 without a gap");
    assert_eq!(summaries.iter().map(|summary| summary.lines).sum::<u64>(), lines.len() as u64);
    Ok((summaries, lines))
}

/// What a good file says: about itself, and each line in short.
fn told(file: impl AsRef<[u8]>) -> (Summary, Vec<String>) {
    let (mut summaries, lines) = read_all(file).expect("a good file");
    assert_eq!(summaries.len(), 1);
    (summaries.remove(0), lines.iter().map(short).collect())
}

/// What a bad file is refused with.
fn refused(file: impl AsRef<[u8]>) -> FileError {
    match read_all(file) {
        Ok((_, lines)) => panic!("a bad file was read: {lines:?}"),
        Err(error) => error,
    }
}

/// A line in one row: target, outcome, and whatever else is there.
fn short(line: &Line) -> String {
    let target = match &line.target {
        Target::Payment(name) => format!("payment {name}"),
        Target::Batch(name) => format!("batch {name}"),
        Target::Message(name) => format!("message {name}"),
        Target::Unnamed => "unnamed".to_owned(),
    };
    let money = |money: Money| format!("{} {}", money.amount, money.currency);
    let mut parts = vec![target, format!("{:?}", line.outcome)];
    let mut add = |name: &str, value: Option<String>| parts.extend(value.map(|value| format!("{name}{value}")));
    add("status=", line.status.clone());
    add("in=", line.batch.clone());
    add("", line.amount.map(money));
    add("instructed=", line.instructed.map(money));
    add("payments=", line.payments.map(|payments| payments.to_string()));
    add("on=", line.on.map(|on| on.to_string()));
    add("ref=", line.bank_reference.clone());
    add("code=", line.code.clone());
    add("name=", line.name.clone());
    add("text=", line.text.clone());
    parts.join(" | ")
}

use crate::base::money::Money;

//! The file for the advertiser, and reading it back.

use super::model::{Answer, FileError, Line, Read, Reject, Verdict};
use crate::base::ids::EnquiryId;
use crate::base::money::Money;
use crate::disputes::rules::parse_amount;
use chrono::SecondsFormat;
use csv::{ReaderBuilder, Terminator, WriterBuilder};
use std::collections::{BTreeMap, BTreeSet};

/// Claims of one enquiry.
pub const MOST_CLAIMS: usize = 5_000;
/// Bytes of the largest answer.
pub const LARGEST_ANSWER: usize = 5 * 1024 * 1024;
/// The longest note.
const LONGEST_NOTE: usize = 500;

/// How the file names a claim: `12-3`, the third of enquiry 12.
pub fn name(enquiry: EnquiryId, line: i32) -> String {
    format!("{enquiry}-{line}")
}

/// The file for the advertiser: RFC 4180, UTF-8, lines end in CRLF. The last three columns are theirs to fill in. The
/// same claims give the same bytes.
///
/// # Errors
/// When the rows can't be written, which memory alone can cause.
pub fn file(enquiry: EnquiryId, lines: &[Line]) -> Result<Vec<u8>, csv::Error> {
    let mut file = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    file.write_record(["claim", "order_id", "occurred_at", "claimed", "currency", "verdict", "amount", "note"])?;
    for line in lines {
        file.write_record([
            name(enquiry, line.line),
            harmless(&line.order_id),
            line.occurred_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            line.claimed.amount.to_string(),
            line.claimed.currency.code().to_owned(),
            String::new(),
            String::new(),
            String::new(),
        ])?;
    }
    file.into_inner().map_err(|error| error.into_error().into())
}

/// A spreadsheet takes a cell that begins with one of these for a formula (OWASP ASVS 1.2.10).
fn harmless(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

/// Reads an answer against its enquiry. Columns go by name, in any order; `claim` and `verdict` are needed, `amount` and
/// `note` may stand beside them, and a spreadsheet's semicolons do as well. Lines without a verdict are passed over: the
/// advertiser has not got that far.
///
/// # Errors
/// Where it is no such file at all.
pub fn read(enquiry: EnquiryId, lines: &[Line], bytes: &[u8]) -> Result<Vec<Read>, FileError> {
    let text = std::str::from_utf8(bytes).map_err(|_| FileError::NoText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if head.matches(';').count() > head.matches(',').count() { b';' } else { b',' };
    let mut file = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let head = file.headers().map_err(|_| FileError::NoHead)?.clone();
    let column = |wanted: &str| head.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted));
    let (Some(claim), Some(verdict)) = (column("claim"), column("verdict")) else { return Err(FileError::NoHead) };
    let (amount, note) = (column("amount"), column("note"));
    let known: BTreeMap<String, &Line> = lines.iter().map(|line| (name(enquiry, line.line), line)).collect();
    let mut said = BTreeSet::new();
    let mut all = Vec::new();
    // Counted as a spreadsheet numbers its rows, below the head; the reader's own lines differ by how a program ends them.
    for (row, record) in (2..).zip(file.records()) {
        let Ok(record) = record else { return Err(FileError::NoText) };
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().trim();
        if cell(Some(verdict)).is_empty() {
            continue;
        }
        if all.len() >= MOST_CLAIMS {
            return Err(FileError::TooLong);
        }
        let result = match known.get(cell(Some(claim))) {
            None => Err(Reject::NoSuchClaim),
            Some(line) => answer(line, cell(Some(verdict)), cell(amount), cell(note))
                .and_then(|answer| if said.insert(line.line) { Ok((line.line, answer)) } else { Err(Reject::Twice) }),
        };
        all.push(Read { row, result });
    }
    Ok(all)
}

fn answer(line: &Line, verdict: &str, amount: &str, note: &str) -> Result<Answer, Reject> {
    let verdict = Verdict::parse(verdict).ok_or(Reject::NoVerdict)?;
    // What was written to keep it from being a formula is not part of it.
    let note = note.strip_prefix('\'').unwrap_or(note).replace('\0', "");
    if note.chars().count() > LONGEST_NOTE {
        return Err(Reject::NoteTooLong);
    }
    let Money { amount: claimed, currency } = line.claimed;
    let amount = match (verdict, amount) {
        (Verdict::Declined, _) => None,
        (Verdict::Valid, "") => Some(claimed),
        (Verdict::Valid, typed) => Some(parse_amount(typed, currency).map_err(|_| Reject::NoAmount)?),
    };
    if amount.is_some_and(|amount| amount > claimed) {
        return Err(Reject::MoreThanClaimed);
    }
    let answer = Answer { verdict, amount, note };
    match &line.answer {
        Some(before) if (before.verdict, before.amount) != (answer.verdict, answer.amount) => {
            Err(Reject::AnsweredOtherwise)
        }
        _ => Ok(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::money::Currency;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    const TWELVE: EnquiryId = EnquiryId(12);

    fn line(number: i32, order: &str) -> Line {
        Line {
            line: number,
            partner: 1.into(),
            partner_name: "Garden".into(),
            case: 7.into(),
            order_id: order.into(),
            occurred_at: "2026-03-01T12:00:00Z".parse().expect("time"),
            claimed: Money::new(Decimal::new(4000, 2), Currency::parse("GBP").expect("code")),
            answer: None,
        }
    }

    type Row = (u64, Result<(i32, Answer), Reject>);

    fn results(lines: &[Line], text: &str) -> Vec<Row> {
        let read = read(TWELVE, lines, text.as_bytes()).expect("a file");
        read.into_iter().map(|read| (read.row, read.result)).collect()
    }

    fn valid(pence: i64) -> Answer {
        Answer { verdict: Verdict::Valid, amount: Some(Decimal::new(pence, 2)), note: String::new() }
    }

    #[test]
    fn the_file_is_the_same_every_time_and_holds_no_formula() {
        let lines = [line(1, "=HYPERLINK(\"x\")"), line(2, "O-2")];
        let bytes = file(TWELVE, &lines).expect("file");
        assert_eq!(bytes, file(TWELVE, &lines).expect("again"));
        let text = String::from_utf8(bytes).expect("text");
        assert_eq!(
            text,
            "claim,order_id,occurred_at,claimed,currency,verdict,amount,note\r\n\
             12-1,\"'=HYPERLINK(\"\"x\"\")\",2026-03-01T12:00:00Z,40.00,GBP,,,\r\n\
             12-2,O-2,2026-03-01T12:00:00Z,40.00,GBP,,,\r\n"
        );
    }

    #[test]
    fn an_answer_is_read_line_by_line() {
        let lines = [line(1, "O-1"), line(2, "O-2"), line(3, "O-3"), line(4, "O-4"), line(5, "O-5")];
        let text = "claim,verdict,amount,note\n12-1,valid,,\n12-2,VALID,39.5,\n12-3,declined,,Not ours\n\
                    12-4,perhaps,,\n12-4,valid,40.01,\n12-4,valid,4O,\n12-9,valid,,\n12-1,declined,,\n12-5,,,\n";
        let declined = Answer { verdict: Verdict::Declined, amount: None, note: "Not ours".into() };
        assert_eq!(
            results(&lines, text),
            [
                (2, Ok((1, valid(4000)))),
                (3, Ok((2, valid(3950)))),
                (4, Ok((3, declined))),
                (5, Err(Reject::NoVerdict)),
                (6, Err(Reject::MoreThanClaimed)),
                (7, Err(Reject::NoAmount)),
                (8, Err(Reject::NoSuchClaim)),
                (9, Err(Reject::Twice)),
            ]
        );
    }

    #[test]
    fn a_claim_that_was_answered_stays_so() {
        let mut answered = line(1, "O-1");
        answered.answer = Some(valid(4000));
        let lines = [answered];
        assert_eq!(results(&lines, "claim,verdict\n12-1,valid\n"), [(2, Ok((1, valid(4000))))], "the same again");
        assert_eq!(results(&lines, "claim,verdict\n12-1,declined\n"), [(2, Err(Reject::AnsweredOtherwise))]);
    }

    #[test]
    fn spreadsheets_write_it_their_way() {
        let lines = [line(1, "O-1")];
        let text = "\u{feff}Verdict;Note;Claim;Amount\r\nvalid;\"a;b\";12-1;39,50\r\n";
        let answer = Answer { note: "a;b".into(), ..valid(3950) };
        assert_eq!(results(&lines, text), [(2, Ok((1, answer)))]);
        for (text, error) in
            [(&b"\xff\xfe"[..], FileError::NoText), (b"", FileError::NoHead), (b"claim,amount\n", FileError::NoHead)]
        {
            assert_eq!(read(TWELVE, &lines, text), Err(error));
        }
    }

    proptest! {
        /// What goes out and comes back filled in is understood, whatever partners typed as their order number.
        #[test]
        fn a_filled_in_file_comes_back(orders in prop::collection::vec("[ -~]{1,20}", 1..8), picks in prop::collection::vec(any::<bool>(), 8)) {
            let lines: Vec<_> = orders.iter().zip(1..).map(|(order, number)| line(number, order)).collect();
            let sent = file(TWELVE, &lines).expect("file");
            let mut reader = ReaderBuilder::new().from_reader(sent.as_slice());
            let mut back = WriterBuilder::new().from_writer(Vec::new());
            back.write_record(reader.headers().expect("head")).expect("head");
            for (record, pick) in reader.records().zip(&picks) {
                let mut cells: Vec<String> = record.expect("row").iter().map(str::to_owned).collect();
                prop_assert!(!cells[1].starts_with(['=', '+', '-', '@']));
                cells[5] = if *pick { "valid".into() } else { "declined".into() };
                back.write_record(&cells).expect("row");
            }
            let read = read(TWELVE, &lines, &back.into_inner().expect("bytes")).expect("a file");
            prop_assert_eq!(read.len(), lines.len());
            for ((read, line), pick) in read.iter().zip(&lines).zip(&picks) {
                let (number, answer) = read.result.clone().expect("understood");
                prop_assert_eq!(number, line.line);
                prop_assert_eq!(answer.verdict == Verdict::Valid, *pick);
            }
        }

        /// Whatever is sent in, it is read or refused.
        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(TWELVE, &[line(1, "O-1")], &bytes);
        }
    }
}

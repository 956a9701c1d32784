//! Reading rows: the format of the file, and what a single row can say about itself.

use super::model::ImportError;
use crate::base::money::Currency;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::io::{BufRead, Read};

/// Columns every file has.
pub const REQUIRED: [&str; 9] =
    ["event_id", "event", "order_id", "partner", "offer", "occurred_at", "amount", "currency", "reason"];
/// Columns a file may have.
pub const OPTIONAL: [&str; 3] = ["sub_id", "click_id", "revenue"];

/// A longer row is not one of ours; it is skipped without being held in memory.
const LONGEST_ROW: usize = 64 * 1024;
/// As much of a refused row as the rejects file repeats.
const RAW_SHOWN: usize = 500;

/// Where each column stands in this file.
#[derive(Clone, Debug)]
pub struct Columns([Option<usize>; REQUIRED.len() + OPTIONAL.len()]);

/// A row that says sensible things about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Unique for ever.
    pub event_id: String,
    /// `sale`, `lead`, `refund`, `approve` or `reject`.
    pub event: String,
    /// The advertiser's order id.
    pub order_id: String,
    /// Partner code.
    pub partner: String,
    /// Offer code.
    pub offer: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The order amount of a sale, the part given back of a refund.
    pub amount: Option<Decimal>,
    /// ISO 4217; empty where an approve or reject left it out.
    pub currency: String,
    /// Why, for refunds and rejections.
    pub reason: String,
    /// The partner's own mark.
    pub sub_id: String,
    /// The click it came from.
    pub click_id: String,
    /// What the programme earned, where the row says so.
    pub revenue: Option<Decimal>,
}

/// Why a row was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The column at fault; empty where it is the row as a whole.
    pub column: &'static str,
    /// What is wrong and how to write it.
    pub reason: String,
}

/// A line of the file.
#[derive(Debug)]
pub struct Line {
    /// Counted from 1, the header included.
    pub number: i64,
    /// The row, or why not.
    pub row: Result<Row, Reject>,
    /// The text of a refused row, cut.
    pub raw: String,
}

/// Reads a file line by line; holds one line at a time.
pub struct Lines<R> {
    input: R,
    columns: Columns,
    number: i64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// When it is missing, not UTF-8, lacks a column, or names one that is unknown or there twice.
    pub fn new(mut input: R) -> Result<Self, ImportError> {
        let mut buffer = Vec::new();
        read_line(&mut input, &mut buffer)?;
        let header = buffer.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&buffer);
        let columns = Columns::parse(header)?;
        Ok(Self { input, columns, number: 1, buffer })
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = std::io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let whole = match read_line(&mut self.input, &mut self.buffer) {
                Ok(None) => return None,
                Ok(Some(whole)) => whole,
                Err(error) => return Some(Err(error)),
            };
            self.number += 1;
            if self.buffer.is_empty() {
                continue;
            }
            let row = if whole {
                self.columns.read(&self.buffer)
            } else {
                Err(reject("", format!("the row is longer than {LONGEST_ROW} bytes")))
            };
            let raw = if row.is_err() { shown(&self.buffer) } else { String::new() };
            return Some(Ok(Line { number: self.number, row, raw }));
        }
    }
}

/// Reads up to the end of a line, without it. `None` at the end of the file; `false` where the line was too long and
/// its rest was passed over.
fn read_line(input: &mut impl BufRead, buffer: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    buffer.clear();
    let read = input.by_ref().take(LONGEST_ROW as u64 + 1).read_until(b'\n', buffer)?;
    if read == 0 {
        return Ok(None);
    }
    let whole = buffer.ends_with(b"\n") || buffer.len() <= LONGEST_ROW;
    if !whole {
        loop {
            let available = input.fill_buf()?;
            if available.is_empty() {
                break;
            }
            match available.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    input.consume(end + 1);
                    break;
                }
                None => {
                    let all = available.len();
                    input.consume(all);
                }
            }
        }
    }
    while matches!(buffer.last(), Some(b'\n' | b'\r')) {
        buffer.pop();
    }
    Ok(Some(whole))
}

fn shown(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(RAW_SHOWN)];
    String::from_utf8_lossy(cut).replace('\0', "\u{fffd}")
}

fn reject(column: &'static str, reason: impl Into<String>) -> Reject {
    Reject { column, reason: reason.into() }
}

impl Columns {
    fn parse(header: &[u8]) -> Result<Self, ImportError> {
        let record = fields(header).map_err(|_| ImportError::HeaderNotUtf8)?;
        let known: Vec<&'static str> = REQUIRED.into_iter().chain(OPTIONAL).collect();
        let mut places = [None; REQUIRED.len() + OPTIONAL.len()];
        let mut unknown = None;
        for (place, field) in record.iter().enumerate() {
            let name = std::str::from_utf8(field).map_err(|_| ImportError::HeaderNotUtf8)?.trim();
            match known.iter().position(|column| *column == name) {
                Some(column) if places[column].is_some() => return Err(ImportError::ColumnTwice(name.to_owned())),
                Some(column) => places[column] = Some(place),
                None => unknown = unknown.or(Some(name.to_owned())),
            }
        }
        let missing: Vec<_> =
            REQUIRED.into_iter().enumerate().filter(|(at, _)| places[*at].is_none()).map(|(_, name)| name).collect();
        if !missing.is_empty() {
            return Err(ImportError::MissingColumns(missing.join(", ")));
        }
        match unknown {
            Some(name) => Err(ImportError::UnknownColumn(
                name.chars().filter(|c| !c.is_control()).take(60).collect(),
                known.join(", "),
            )),
            None => Ok(Self(places)),
        }
    }

    fn read(&self, line: &[u8]) -> Result<Row, Reject> {
        let record = fields(line).map_err(|()| reject("", "the quotes of the row do not match"))?;
        let width = self.0.iter().flatten().max().map_or(0, |last| last + 1);
        let required = REQUIRED.len();
        if record.len() < self.0[..required].iter().flatten().max().map_or(0, |last| last + 1) {
            return Err(reject("", format!("the row has {} columns, the first line {width}", record.len())));
        }
        if record.iter().skip(width).any(|cell| !cell.is_empty()) {
            return Err(reject("", format!("the row has {} columns, the first line {width}", record.len())));
        }
        let text = |column: usize| -> Result<&str, Reject> {
            let name = *REQUIRED.iter().chain(&OPTIONAL).nth(column).unwrap_or(&"");
            let Some(bytes) = self.0[column].and_then(|place| record.get(place)) else { return Ok("") };
            let text = std::str::from_utf8(bytes).map_err(|_| reject(name, "not UTF-8 text"))?.trim();
            if text.contains(|c: char| c.is_control()) {
                return Err(reject(name, "has a control character"));
            }
            if text.len() > 500 { Err(reject(name, "longer than 500 bytes")) } else { Ok(text) }
        };
        let filled = |column: usize| -> Result<&str, Reject> {
            match text(column)? {
                "" => Err(reject(REQUIRED[column], "empty")),
                text => Ok(text),
            }
        };
        let event_id = filled(0)?;
        let event = filled(1)?;
        if !["sale", "lead", "refund", "approve", "reject"].contains(&event) {
            return Err(reject("event", "not one of sale, lead, refund, approve, reject"));
        }
        let order_id = filled(2)?;
        let partner = filled(3)?;
        let offer = text(4)?;
        let with_money = matches!(event, "sale" | "refund");
        let opens = matches!(event, "sale" | "lead");
        if opens && offer.is_empty() {
            return Err(reject("offer", "empty"));
        }
        let occurred_at = time(filled(5)?)?;
        let currency = text(7)?;
        let money = match (currency, opens || with_money) {
            ("", true) => return Err(reject("currency", "empty")),
            ("", false) => None,
            (code, _) => Some(
                Currency::parse(code)
                    .map_err(|_| reject("currency", "not a currency code of three capital letters (ISO 4217)"))?,
            ),
        };
        let amount = text(6)?;
        let amount = match (with_money, money) {
            (true, Some(currency)) => Some(positive("amount", amount, currency)?),
            _ if amount.is_empty() || number(amount).is_ok_and(|n| n.is_zero()) => None,
            _ => return Err(reject("amount", format!("a {event} has no amount"))),
        };
        let revenue = match text(11)? {
            "" => None,
            text => Some(number(text).map_err(|reason| reject("revenue", reason))?),
        };
        Ok(Row {
            event_id: event_id.to_owned(),
            event: event.to_owned(),
            order_id: order_id.to_owned(),
            partner: partner.to_owned(),
            offer: offer.to_owned(),
            occurred_at,
            amount,
            currency: currency.to_owned(),
            reason: text(8)?.to_owned(),
            sub_id: text(9)?.to_owned(),
            click_id: text(10)?.to_owned(),
            revenue,
        })
    }
}

/// One line as CSV fields (RFC 4180, without line breaks inside quotes).
fn fields(line: &[u8]) -> Result<csv::ByteRecord, ()> {
    if line.iter().filter(|byte| **byte == b'"').count() % 2 != 0 {
        return Err(());
    }
    let mut record = csv::ByteRecord::new();
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(line.len().max(16))
        .from_reader(line)
        .read_byte_record(&mut record)
        .map_err(|_| ())?;
    Ok(record)
}

fn time(text: &str) -> Result<DateTime<Utc>, Reject> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) if (1901..=9000).contains(&chrono::Datelike::year(&time)) => Ok(time.to_utc()),
        Ok(_) => Err(reject("occurred_at", "the year is not between 1901 and 9000")),
        Err(_) => Err(reject("occurred_at", "not a date and time with zone, like 2010-12-01T08:26:00Z")),
    }
}

fn positive(column: &'static str, text: &str, currency: Currency) -> Result<Decimal, Reject> {
    let amount = number(text).map_err(|reason| reject(column, reason))?;
    if amount.is_zero() {
        return Err(reject(column, "has to be above zero"));
    }
    if amount.normalize().scale() > currency.minor_units() {
        let digits = currency.minor_units();
        return Err(reject(column, format!("{currency} has {digits} digits after the decimal point")));
    }
    Ok(amount)
}

fn number(text: &str) -> Result<Decimal, &'static str> {
    if text.is_empty() {
        return Err("empty");
    }
    if text.starts_with('-') {
        return Err("below zero");
    }
    if text.contains(',') {
        return Err("has a comma; write 1234.50");
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err("not a number; write 1234.50");
    }
    if whole.len() > 12 || fraction.len() > 6 {
        return Err("too large or too exact a number");
    }
    text.parse().map_err(|_| "not a number; write 1234.50")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\n";

    fn read(rows: &str) -> Vec<Result<Row, Reject>> {
        Lines::new(format!("{HEADER}{rows}").as_bytes()).expect("header").map(|line| line.expect("line").row).collect()
    }

    fn refused(row: &str) -> (&'static str, String) {
        let reject = read(row).remove(0).expect_err("refused");
        (reject.column, reject.reason)
    }

    #[test]
    fn a_good_row_is_read() {
        let row = read("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,139.12,GBP,\n").remove(0).expect("row");
        assert_eq!((row.partner.as_str(), row.amount), ("P1", Some("139.12".parse().expect("number"))));
    }

    #[test]
    fn each_fault_names_its_column() {
        let faults = [
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,\"1,50\",GBP,", "amount"),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,-3,GBP,", "amount"),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,0,GBP,", "amount"),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,1.001,GBP,", "amount"),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,1.5,JPY,", "amount"),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,NaN,GBP,", "amount"),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,1e3,GBP,", "amount"),
            ("S1,lead,1,P1,uk,2010-12-01T08:26:00Z,5,GBP,", "amount"),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00,1,GBP,", "occurred_at"),
            ("S1,sale,1,P1,uk,2010-12-01,1,GBP,", "occurred_at"),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,1,gbp,", "currency"),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,1,,", "currency"),
            ("S1,sold,1,P1,uk,2010-12-01T08:26:00Z,1,GBP,", "event"),
            (",sale,1,P1,uk,2010-12-01T08:26:00Z,1,GBP,", "event_id"),
            ("S1,sale,,P1,uk,2010-12-01T08:26:00Z,1,GBP,", "order_id"),
            ("S1,sale,1,,uk,2010-12-01T08:26:00Z,1,GBP,", "partner"),
            ("S1,sale,1,P1,,2010-12-01T08:26:00Z,1,GBP,", "offer"),
            ("S1,sale,1,P1,uk", ""),
            ("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,1,GBP,late,again", ""),
            ("S1,sale,1,\"P1,uk,2010-12-01T08:26:00Z,1,GBP,", ""),
        ];
        for (row, column) in faults {
            assert_eq!(refused(&format!("{row}\n")).0, column, "{row}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_cost_one_row() {
        let mut file = HEADER.as_bytes().to_vec();
        file.extend(b"S1,sale,1,P\xff,uk,2010-12-01T08:26:00Z,1,GBP,\nS2,sale,2,P1,uk,2010-12-01T08:26:00Z,1,GBP,\n");
        let rows: Vec<_> = Lines::new(file.as_slice()).expect("header").map(|line| line.expect("line").row).collect();
        assert_eq!(rows[0].as_ref().expect_err("refused").column, "partner");
        assert!(rows[1].is_ok());
    }

    #[test]
    fn a_row_of_ten_megabytes_costs_one_row() {
        let long = "x".repeat(10 * 1024 * 1024);
        let file = format!(
            "{HEADER}S1,sale,{long},P1,uk,2010-12-01T08:26:00Z,1,GBP,\nS2,sale,2,P1,uk,2010-12-01T08:26:00Z,1,GBP,\n"
        );
        let lines: Vec<_> = Lines::new(file.as_bytes()).expect("header").map(|line| line.expect("line")).collect();
        assert!(lines[0].row.is_err() && lines[0].raw.len() <= RAW_SHOWN);
        assert_eq!((lines[1].number, lines[1].row.is_ok()), (3, true));
    }

    #[test]
    fn a_wrong_header_refuses_the_file() {
        let open =
            |header: &str| Lines::new(header.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(open("").contains("missing"));
        assert!(open("S1,sale,1,P1,uk,2010-12-01T08:26:00Z,1,GBP,\n").contains("missing"));
        assert!(open(&HEADER.replace("reason", "reason,colour")).contains("colour"));
        assert!(open(&HEADER.replace("reason", "reason,reason")).contains("twice"));
        assert_eq!(open(&format!("\u{feff}{HEADER}")), "");
    }
}

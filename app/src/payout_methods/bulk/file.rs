//! The file: `partner,kind,holder,iban,bic,sort_code,account,country,bank_code,email`, in any order; what a kind has no
//! use for stays empty or is left out.

use super::{BulkError, Refused, reason};
use crate::payout_methods::address::{Address, Given};
use crate::payout_methods::model::MethodKind;
use std::io::Read;

/// Every column there is; the first three are needed.
const COLUMNS: [&str; 10] =
    ["partner", "kind", "holder", "iban", "bic", "sort_code", "account", "country", "bank_code", "email"];
const NEEDED: usize = 3;

/// A line that says sensible things about itself.
#[derive(Clone, Debug)]
pub struct Row {
    /// Counted from 1, the header included.
    pub line: u64,
    /// Partner code.
    pub partner: String,
    /// The account holder.
    pub holder: String,
    /// The account.
    pub address: Address,
}

impl Row {
    pub(super) fn refused(&self, column: &'static str, reason: String) -> Refused {
        Refused { line: self.line, column, reason }
    }

    /// The same of the column that names the account.
    pub(super) fn account_refused(&self, reason: String) -> Refused {
        self.refused(self.address.kind().account_field(), reason)
    }
}

fn columns_of(kind: MethodKind) -> &'static [&'static str] {
    match kind {
        MethodKind::Iban => &["iban", "bic"],
        MethodKind::SortCode => &["sort_code", "account"],
        MethodKind::BankAccount => &["country", "account", "bic", "bank_code"],
        MethodKind::PayPal | MethodKind::Wise => &["email"],
    }
}

/// Reads a file to its end.
///
/// # Errors
/// What is wrong with its header, or with its lines: all of them.
pub fn read(input: impl Read) -> Result<Vec<Row>, BulkError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let places = places(reader.headers().map_err(unreadable)?)?;
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let line = record.position().map_or(0, csv::Position::line);
                match row(line, |column| places[column].and_then(|at| record.get(at)).unwrap_or_default()) {
                    Ok(row) => rows.push(row),
                    Err(faults) => refused.extend(faults),
                }
            }
            // Never the error's own words: they may repeat what stands there.
            Err(error) => match error.position() {
                Some(position) => refused.push(Refused {
                    line: position.line(),
                    column: "",
                    reason: "not UTF-8 text, or not as many columns as the first line names".to_owned(),
                }),
                None => return Err(unreadable(error)),
            },
        }
    }
    if refused.is_empty() { Ok(rows) } else { Err(BulkError::Refused(refused)) }
}

fn unreadable(error: csv::Error) -> BulkError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => BulkError::Unreadable(error),
        _ => BulkError::Header("the first line is not UTF-8 text".to_owned()),
    }
}

fn places(header: &csv::StringRecord) -> Result<[Option<usize>; COLUMNS.len()], BulkError> {
    let mut places = [None; COLUMNS.len()];
    for (at, name) in header.iter().enumerate() {
        let name = name.trim_start_matches('\u{feff}');
        let Some(column) = COLUMNS.iter().position(|column| *column == name) else {
            // Of a file without a header the first line is somebody's account, so it is not repeated.
            let place = at + 1;
            return Err(BulkError::Header(format!(
                "the first line names the columns; number {place} is none of {}",
                COLUMNS.join(",")
            )));
        };
        if places[column].replace(at).is_some() {
            return Err(BulkError::Header(format!("column `{name}` is there twice")));
        }
    }
    match (0..NEEDED).find(|column| places[*column].is_none()) {
        None => Ok(places),
        Some(column) => Err(BulkError::Header(format!("the first line names no column `{}`", COLUMNS[column]))),
    }
}

fn row<'a>(line: u64, cell: impl Fn(usize) -> &'a str) -> Result<Row, Vec<Refused>> {
    let named = |name: &str| COLUMNS.iter().position(|column| *column == name).map(&cell).unwrap_or_default();
    let refused = |column: &'static str, reason: &str| Refused { line, column, reason: reason.to_owned() };
    let Some(kind) = MethodKind::parse(named("kind")) else {
        return Err(vec![refused("kind", "one of iban, sort_code, bank_account, paypal, wise")]);
    };
    let given = Given {
        holder: named("holder"),
        iban: named("iban"),
        bic: named("bic"),
        sort_code: named("sort_code"),
        account: named("account"),
        country: named("country"),
        bank_code: named("bank_code"),
        email: named("email"),
    };
    let stray =
        COLUMNS[NEEDED..].iter().filter(|column| !columns_of(kind).contains(column) && !named(column).is_empty());
    let mut faults: Vec<_> =
        stray.map(|column| refused(column, &format!("stays empty where the kind is {}", kind.as_str()))).collect();
    if named("partner").is_empty() {
        faults.push(refused("partner", "the partner's code is missing"));
    }
    match given.parse(kind) {
        Ok((holder, address)) if faults.is_empty() => {
            return Ok(Row { line, partner: named("partner").to_owned(), holder, address });
        }
        Ok(_) => {}
        Err(found) => faults.extend(found.into_iter().map(|fault| refused(fault.field(), reason(fault)))),
    }
    Err(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "partner,kind,holder,iban,bic,sort_code,account,email\n";

    fn refusals(text: &str) -> Vec<String> {
        match read(text.as_bytes()) {
            Err(BulkError::Refused(refused)) => refused.iter().map(ToString::to_string).collect(),
            Err(error) => vec![error.to_string()],
            Ok(rows) => panic!("{rows:?}"),
        }
    }

    #[test]
    fn columns_stand_in_any_order_and_unused_ones_may_be_missing() {
        let rows = read("email,partner,kind,holder\nana@example.org,P1, paypal ,Ana Ruiz\n".as_bytes()).expect("rows");
        assert_eq!((rows.len(), rows[0].line, rows[0].partner.as_str()), (1, 2, "P1"));
        assert_eq!(rows[0].address, Address::PayPal("ana@example.org".into()));
        let text = format!(
            "\u{feff}{HEADER}P1,iban,\"Ruiz, Ana\",ES91 2100 0418 4502 0005 1332,,,,\nP2,sort_code,Bob,,,60-16-13,31926819,\n"
        );
        let rows = read(text.as_bytes()).expect("rows");
        assert_eq!((rows[0].holder.as_str(), rows[1].line), ("Ruiz, Ana", 3));
    }

    #[test]
    fn what_is_wrong_is_told_by_line_and_column_and_never_repeated() {
        let text = format!(
            "{HEADER}P1,iban,Ana,ES9121000418450200051333,,,,\n,paypal,,,,,,secret\nP3,cheque,Cleo,,,,,\n\
             P4,wise,Dan,DE75512108001245126199,,,,dan@example.org\nP5,paypal,Eve,too,few\n"
        );
        let told = refusals(&text);
        assert_eq!(
            told,
            [
                "line 2, iban: not an IBAN: a digit or letter is wrong, missing or too many",
                "line 3, partner: the partner's code is missing",
                "line 3, holder: the account holder's name is missing",
                "line 3, email: not an e-mail address",
                "line 4, kind: one of iban, sort_code, bank_account, paypal, wise",
                "line 5, iban: stays empty where the kind is wise",
                "line 6: not UTF-8 text, or not as many columns as the first line names",
            ]
        );
        let told = told.join("\n");
        assert!(!["0005", "secret", "cheque", "DE75", "too,few"].iter().any(|value| told.contains(value)), "{told}");
    }

    #[test]
    fn a_file_without_its_header_is_refused_without_repeating_it() {
        let told = refusals("P1,iban,Ana,ES9121000418450200051332\n");
        assert!(told[0].starts_with("the first line names the columns; number 1 is none of partner,kind"), "{told:?}");
        assert_eq!(refusals("partner,kind\nP1,paypal\n"), ["the first line names no column `holder`"]);
        assert_eq!(refusals("partner,kind,holder,kind\n"), ["column `kind` is there twice"]);
        assert_eq!(refusals(""), ["the first line names no column `partner`"]);
    }
}

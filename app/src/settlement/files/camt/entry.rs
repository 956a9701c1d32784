//! One entry of a statement, its transactions, and what they mean for money that was sent.

use super::super::Handed;
use super::super::error::{FileError, Flaw};
use super::super::model::{Line, Outcome, Target};
use super::super::value::{self, LONGEST_PARTY, Words};
use super::super::xml::Elements;
use crate::base::money::Money;
use chrono::NaiveDate;

/// A bank transaction code (ISO 20022, BankTransactionCodeStructure4): domain, family, sub-family.
#[derive(Clone, Debug, Default)]
struct Code([Option<String>; 3]);

impl Code {
    /// Whether money that was sent came back: a return, or a reversal asked for by a cancellation, of a credit
    /// transfer, instant or not.
    fn is_return(&self) -> bool {
        let [domain, family, sub_family] = self.0.each_ref().map(Option::as_deref);
        domain == Some("PMNT")
            && matches!(family, Some("ICDT" | "IRCT" | "RCDT" | "RRCT"))
            && matches!(sub_family, Some("RRTN" | "RPCR"))
    }

    fn take(&mut self, below: &str, xml: &Elements<'_>) -> Result<(), FileError> {
        let place = match below {
            "Domn/Cd" => 0,
            "Domn/Fmly/Cd" => 1,
            "Domn/Fmly/SubFmlyCd" => 2,
            _ => return Ok(()),
        };
        xml.once(&mut self.0[place], value::shown(xml.text()), "BkTxCd")
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// An entry: a booking, of one transaction or several.
#[derive(Default)]
pub(super) struct Entry {
    amount: Option<Money>,
    is_debit: Option<bool>,
    is_reversal: Option<bool>,
    status: Option<String>,
    on: Option<NaiveDate>,
    reference: Option<String>,
    code: Code,
    text: Words,
    pub(super) has_details: bool,
    pub(super) parts: u64,
    pub(super) kept: Option<Part>,
}

/// A transaction of an entry, or a batch that the bank did not take apart.
#[derive(Default)]
pub(super) struct Part {
    end_to_end: Option<Option<String>>,
    batch: Option<Option<String>>,
    own_batch: Option<Option<String>>,
    payments: Option<u64>,
    /// A batch of which no transaction is listed.
    is_whole: bool,
    amount: Option<Money>,
    transaction_amount: Option<Money>,
    instructed: Option<Money>,
    is_debit: Option<bool>,
    pub(super) is_return: bool,
    reason: Option<String>,
    reference: Option<String>,
    code: Code,
    party: Option<String>,
    text: Words,
}

impl Entry {
    /// Without these nothing can be said of an entry.
    pub(super) fn check(&self, xml: &Elements<'_>) -> Result<(), FileError> {
        let missing = match (self.amount, self.is_debit, &self.status) {
            (None, ..) => "Ntry/Amt",
            (_, None, _) => "Ntry/CdtDbtInd",
            (.., None) => "Ntry/Sts",
            _ => return Ok(()),
        };
        Err(xml.missing(missing))
    }

    /// Only booked entries count; `PDNG`, `INFO` and `FUTR` announce.
    pub(super) fn is_booked(&self) -> bool {
        self.status.as_deref() == Some("BOOK")
    }

    pub(super) fn take(&mut self, below: &str, xml: &Elements<'_>) -> Result<(), FileError> {
        match below {
            "Amt" => xml.once(&mut self.amount, xml.money()?, "Ntry/Amt"),
            "CdtDbtInd" => xml.once(&mut self.is_debit, xml.value(direction)?, "Ntry/CdtDbtInd"),
            "RvslInd" => xml.once(&mut self.is_reversal, xml.value(yes_or_no)?, "Ntry/RvslInd"),
            // In older versions the code stands in the element itself.
            "Sts" if xml.text().is_empty() => Ok(()),
            // A bank's own word is none of those that count.
            "Sts/Prtry" => xml.once(&mut self.status, String::new(), "Ntry/Sts"),
            "Sts" | "Sts/Cd" => xml.once(&mut self.status, value::shown(xml.text()), "Ntry/Sts"),
            "BookgDt/Dt" => xml.once(&mut self.on, xml.value(value::date)?, "Ntry/BookgDt"),
            "BookgDt/DtTm" => xml.once(&mut self.on, xml.value(value::date_time)?.date(), "Ntry/BookgDt"),
            "AcctSvcrRef" => xml.once(&mut self.reference, value::shown(xml.text()), "Ntry/AcctSvcrRef"),
            "AddtlNtryInf" => {
                self.text.add(xml.text());
                Ok(())
            }
            _ => match below.strip_prefix("BkTxCd/") {
                Some(below) => self.code.take(below, xml),
                None => Ok(()),
            },
        }
    }
}

impl Part {
    /// A batch of which no transaction is listed so far.
    pub(super) fn batch() -> Self {
        Self { is_whole: true, ..Self::default() }
    }

    /// A transaction of a batch.
    pub(super) fn of(batch: &Self) -> Self {
        Self { batch: batch.batch.clone(), payments: batch.payments, ..Self::default() }
    }

    /// Whether anything is said of the batch.
    pub(super) fn is_told(&self) -> bool {
        self.batch.is_some() || self.payments.is_some() || self.amount.is_some()
    }

    pub(super) fn take(&mut self, below: &str, xml: &Elements<'_>) -> Result<(), FileError> {
        match below {
            "Refs/EndToEndId" => xml.once(&mut self.end_to_end, xml.value(value::name)?, "EndToEndId"),
            "Refs/PmtInfId" => xml.once(&mut self.own_batch, xml.value(value::name)?, "PmtInfId"),
            "Refs/AcctSvcrRef" => xml.once(&mut self.reference, value::shown(xml.text()), "AcctSvcrRef"),
            "Amt" => xml.once(&mut self.amount, xml.money()?, "TxDtls/Amt"),
            "AmtDtls/TxAmt/Amt" => xml.once(&mut self.transaction_amount, xml.money()?, "TxAmt"),
            "AmtDtls/InstdAmt/Amt" => xml.once(&mut self.instructed, xml.money()?, "InstdAmt"),
            "CdtDbtInd" => xml.once(&mut self.is_debit, xml.value(direction)?, "TxDtls/CdtDbtInd"),
            "RltdPties/Cdtr/Nm" | "RltdPties/Cdtr/Pty/Nm" => {
                xml.once(&mut self.party, value::shortened(xml.text(), LONGEST_PARTY), "Cdtr/Nm")
            }
            "RtrInf/Rsn/Cd" | "RtrInf/Rsn/Prtry" => xml.once(&mut self.reason, value::shown(xml.text()), "RtrInf/Rsn"),
            "RmtInf/Ustrd" | "RtrInf/AddtlInf" | "AddtlTxInf" => {
                self.text.add(xml.text());
                Ok(())
            }
            _ => match below.strip_prefix("BkTxCd/") {
                Some(below) => self.code.take(below, xml),
                None => Ok(()),
            },
        }
    }

    pub(super) fn take_batch(&mut self, below: &str, xml: &Elements<'_>) -> Result<(), FileError> {
        match below {
            "PmtInfId" => xml.once(&mut self.batch, xml.value(value::name)?, "Btch/PmtInfId"),
            "NbOfTxs" => xml.once(&mut self.payments, xml.value(value::count)?, "Btch/NbOfTxs"),
            "TtlAmt" => xml.once(&mut self.amount, xml.money()?, "Btch/TtlAmt"),
            "CdtDbtInd" => xml.once(&mut self.is_debit, xml.value(direction)?, "Btch/CdtDbtInd"),
            _ => Ok(()),
        }
    }
}

/// What a part of an entry means; `None` for money in that did not come back.
///
/// RvslInd turns the direction round (ISO 20022: a credit with it was a debit before): on a debit it takes back money
/// that had come in. Where entry and transaction contradict each other, or a debit is marked as a return, a person
/// looks.
fn outcome(entry: &Entry, part: &Part) -> Option<Outcome> {
    let is_debit = entry.is_debit.unwrap_or(true);
    let part_is_debit = part.is_debit.unwrap_or(is_debit);
    let is_reversal = entry.is_reversal == Some(true);
    let code = if part.code.is_empty() { &entry.code } else { &part.code };
    let came_back = part.is_return || is_reversal || code.is_return();
    match (came_back, is_debit, part_is_debit) {
        (true, true, true) => Some(Outcome::Unknown),
        (true, true, false) if is_reversal => Some(Outcome::Unknown),
        (true, ..) => Some(Outcome::Returned),
        (false, true, true) => Some(Outcome::Settled),
        (false, false, false) => None,
        (false, ..) => Some(Outcome::Unknown),
    }
}

/// Hands on what a part of a booked entry says. `alone` where the entry has no other part, so that what is said of the
/// entry is said of it.
pub(super) fn tell(part: Part, entry: &Entry, alone: bool, out: &mut Handed<'_>) {
    if !entry.is_booked() {
        return;
    }
    let Some(outcome) = outcome(entry, &part) else {
        out.summary.ignored += 1;
        return;
    };
    let batch = part.own_batch.flatten().or(part.batch.flatten());
    let target = match (part.end_to_end.flatten(), &batch) {
        (Some(name), _) => Target::Payment(name),
        (None, Some(name)) if part.is_whole || alone => Target::Batch(name.clone()),
        _ => Target::Unnamed,
    };
    let is_payment = !matches!(target, Target::Batch(_));
    let mut text = part.text;
    if alone {
        text.add(entry.text.as_str());
    }
    out.hand(Line {
        status: entry.status.clone(),
        batch: batch.filter(|_| is_payment),
        amount: part.amount.or(part.transaction_amount).or(entry.amount.filter(|_| alone)),
        instructed: part.instructed,
        payments: part.payments.filter(|_| !is_payment),
        on: entry.on,
        bank_reference: part.reference.or_else(|| entry.reference.clone()),
        code: part.reason,
        text: text.whole(),
        name: part.party,
        ..Line::new(target, outcome)
    });
}

fn direction(text: &str) -> Result<bool, Flaw> {
    match text {
        "DBIT" => Ok(true),
        "CRDT" => Ok(false),
        _ => Err(Flaw::UnknownWord),
    }
}

fn yes_or_no(text: &str) -> Result<bool, Flaw> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Flaw::UnknownWord),
    }
}

//! pain.002, what the bank thinks of a file it was sent. Versions .001.03 to .001.11 and their national variants: the
//! elements that are read here are the same in all of them.

use super::Handed;
use super::error::FileError;
use super::model::{Line, Outcome, Target};
use super::value::{self, LONGEST_PARTY, Words};
use super::xml::{Elements, Step};
use crate::base::money::Money;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// What is said of a message, a batch or a payment.
#[derive(Default)]
struct Said {
    name: Option<Option<String>>,
    /// OrgnlInstrId, which stands in where no EndToEndId is given: here it is one of ours.
    instruction: Option<Option<String>>,
    status: Option<String>,
    code: Option<String>,
    text: Words,
    payments: Option<u64>,
    sum: Option<Decimal>,
    amount: Option<Money>,
    settled: Option<Money>,
    on: Option<NaiveDate>,
    reference: Option<String>,
    party: Option<String>,
}

/// Reads the message; lines come in the order of the file, a batch before its payments.
pub(super) fn read(xml: &mut Elements<'_>, out: &mut Handed<'_>) -> Result<(), FileError> {
    let mut group = Said::default();
    let mut group_final = None;
    let mut batch = Said::default();
    let (mut batch_seen, mut batch_told) = (false, false);
    let mut payment = Said::default();
    while let Some(step) = xml.step()? {
        match (step, xml.path()) {
            // What is said of the whole has to be known before its parts.
            (Step::Begins, "OrgnlGrpInfAndSts") if batch_seen => {
                return Err(FileError::OutOfOrder { element: "OrgnlGrpInfAndSts", place: xml.place() });
            }
            (Step::Begins, "OrgnlPmtInfAndSts") => (batch, batch_seen, batch_told) = (Said::default(), true, false),
            (Step::Begins, "OrgnlPmtInfAndSts/TxInfAndSts") => {
                if !batch_told {
                    tell_batch(&batch, xml, out)?;
                    batch_told = true;
                }
                payment = Said::default();
            }
            (Step::Begins, _) => {}
            (Step::Ends, "OrgnlGrpInfAndSts") => group_final = tell_group(&group, xml, out)?,
            (Step::Ends, "OrgnlPmtInfAndSts") => {
                if !batch_told {
                    tell_batch(&batch, xml, out)?;
                }
            }
            (Step::Ends, "OrgnlPmtInfAndSts/TxInfAndSts") => {
                // A payment without a status of its own shares that of the batch or file, where it is final for all.
                let inherited = last_word(&batch).or(group_final);
                out.hand(tell_payment(std::mem::take(&mut payment), &batch, inherited));
            }
            (Step::Ends, path) => {
                if let Some(below) = path.strip_prefix("OrgnlPmtInfAndSts/TxInfAndSts/") {
                    take_payment(&mut payment, below, xml)?;
                } else if let Some(below) = path.strip_prefix("OrgnlPmtInfAndSts/") {
                    if batch_told && matches!(below, "OrgnlPmtInfId" | "PmtInfSts") {
                        return Err(FileError::OutOfOrder { element: "PmtInfSts", place: xml.place() });
                    }
                    take(&mut batch, below, ["OrgnlPmtInfId", "PmtInfSts"], xml)?;
                } else if let Some(below) = path.strip_prefix("OrgnlGrpInfAndSts/") {
                    take(&mut group, below, ["OrgnlMsgId", "GrpSts"], xml)?;
                } else {
                    out.take_header(path, xml)?;
                }
            }
        }
    }
    Ok(())
}

/// What the status of a payment comes to (ISO 20022 external code sets, ExternalPaymentTransactionStatus1Code and
/// ExternalPaymentGroupStatus1Code). Acceptance is not settlement, however far it goes; a code that is new, or says
/// neither (`BLCK`: neither credited nor sent back), is for a person.
fn outcome(status: &str) -> Outcome {
    match status {
        "ACSC" | "ACCC" => Outcome::Settled,
        "RJCT" | "CANC" => Outcome::Rejected,
        "ACCP" | "ACFC" | "ACFW" | "ACIS" | "ACPD" | "ACSP" | "ACTC" | "ACWC" | "ACWP" | "PART" | "PATC" | "PDNG"
        | "RCVC" | "RCVD" | "RVCM" | "RVMC" | "RVNA" | "RVNC" | "RVNM" => Outcome::Accepted,
        _ => Outcome::Unknown,
    }
}

/// What is final for everything under it; `PART` says that some of it is not.
fn last_word(said: &Said) -> Option<Outcome> {
    said.status.as_deref().map(outcome).filter(|outcome| outcome.is_final())
}

fn tell_group(group: &Said, xml: &Elements<'_>, out: &mut Handed<'_>) -> Result<Option<Outcome>, FileError> {
    let name = group.name.clone().flatten();
    out.summary.original.clone_from(&name);
    out.summary.status.clone_from(&group.status);
    let Some(outcome) = last_word(group) else { return Ok(None) };
    let name = name.ok_or_else(|| xml.missing("OrgnlMsgId"))?;
    out.hand(Line { payments: group.payments, control_sum: group.sum, ..line(Target::Message(name), outcome, group) });
    Ok(Some(outcome))
}

fn tell_batch(batch: &Said, xml: &Elements<'_>, out: &mut Handed<'_>) -> Result<(), FileError> {
    let Some(outcome) = last_word(batch) else { return Ok(()) };
    let name = batch.name.clone().flatten().ok_or_else(|| xml.missing("OrgnlPmtInfId"))?;
    out.hand(Line { payments: batch.payments, control_sum: batch.sum, ..line(Target::Batch(name), outcome, batch) });
    Ok(())
}

fn tell_payment(payment: Said, batch: &Said, inherited: Option<Outcome>) -> Line {
    let target = match payment.name.clone().flatten().or_else(|| payment.instruction.clone().flatten()) {
        Some(name) => Target::Payment(name),
        None => Target::Unnamed,
    };
    let outcome = payment.status.as_deref().map(outcome).or(inherited).unwrap_or(Outcome::Unknown);
    Line { batch: batch.name.clone().flatten(), ..line(target, outcome, &payment) }
}

fn line(target: Target, outcome: Outcome, said: &Said) -> Line {
    Line {
        status: said.status.clone(),
        amount: said.amount.or(said.settled),
        on: said.on,
        bank_reference: said.reference.clone(),
        code: said.code.clone(),
        text: said.text.clone().whole(),
        name: said.party.clone(),
        ..Line::new(target, outcome)
    }
}

/// What message and batch have in common; `[name, status]` are the elements that differ.
fn take(said: &mut Said, below: &str, [name, status]: [&'static str; 2], xml: &Elements<'_>) -> Result<(), FileError> {
    match below {
        _ if below == name => xml.once(&mut said.name, xml.value(value::name)?, name),
        _ if below == status => xml.once(&mut said.status, value::shown(xml.text()), status),
        "OrgnlNbOfTxs" => xml.once(&mut said.payments, xml.value(value::count)?, "OrgnlNbOfTxs"),
        "OrgnlCtrlSum" => xml.once(&mut said.sum, xml.value(value::amount)?, "OrgnlCtrlSum"),
        _ => reason(said, below, xml),
    }
}

fn take_payment(said: &mut Said, below: &str, xml: &Elements<'_>) -> Result<(), FileError> {
    match below {
        "OrgnlEndToEndId" => xml.once(&mut said.name, xml.value(value::name)?, "OrgnlEndToEndId"),
        "OrgnlInstrId" => xml.once(&mut said.instruction, xml.value(value::name)?, "OrgnlInstrId"),
        "TxSts" => xml.once(&mut said.status, value::shown(xml.text()), "TxSts"),
        "AcctSvcrRef" => xml.once(&mut said.reference, value::shown(xml.text()), "AcctSvcrRef"),
        "OrgnlTxRef/Amt/InstdAmt" => xml.once(&mut said.amount, xml.money()?, "InstdAmt"),
        "OrgnlTxRef/IntrBkSttlmAmt" => xml.once(&mut said.settled, xml.money()?, "IntrBkSttlmAmt"),
        "OrgnlTxRef/IntrBkSttlmDt" => xml.once(&mut said.on, xml.value(value::date)?, "IntrBkSttlmDt"),
        "OrgnlTxRef/Cdtr/Nm" | "OrgnlTxRef/Cdtr/Pty/Nm" => {
            xml.once(&mut said.party, value::shortened(xml.text(), LONGEST_PARTY), "Cdtr/Nm")
        }
        _ => reason(said, below, xml),
    }
}

/// The first reason is the code, what else is said goes to the text.
fn reason(said: &mut Said, below: &str, xml: &Elements<'_>) -> Result<(), FileError> {
    match below {
        "StsRsnInf/Rsn/Cd" | "StsRsnInf/Rsn/Prtry" if said.code.is_none() => {
            said.code = Some(value::shown(xml.text())).filter(|code| !code.is_empty());
        }
        "StsRsnInf/Rsn/Cd" | "StsRsnInf/Rsn/Prtry" | "StsRsnInf/AddtlInf" => said.text.add(xml.text()),
        _ => {}
    }
    Ok(())
}

//! camt.053 and camt.054: what was booked on an account. All versions since .001.02; where they differ (the status, the
//! amount of a transaction, the creditor's name) both forms are read.

mod entry;

use super::Handed;
use super::error::{FileError, Flaw};
use super::model::Kind;
use super::value;
use super::xml::{Elements, Step};
use entry::{Entry, Part, tell};

/// Elements of an entry that decide what its transactions mean; the schema has them before the transactions.
const DECISIVE: [&str; 7] = ["Amt", "CdtDbtInd", "RvslInd", "Sts", "BookgDt", "AcctSvcrRef", "BkTxCd"];

/// More than a bank keeps for one customer; their numbers are held in memory.
const MOST_ACCOUNTS: usize = 1000;

/// Reads the message. A transaction is handed on when the next one begins or its entry ends, so that no more than one
/// is held.
pub(super) fn read(xml: &mut Elements<'_>, out: &mut Handed<'_>) -> Result<(), FileError> {
    let account = if out.summary.kind == Kind::Camt053 { "Stmt/" } else { "Ntfctn/" };
    let mut entry = Entry::default();
    let mut batch = Part::default();
    let mut part = Part::default();
    let mut is_listed = false;
    while let Some(step) = xml.step()? {
        let path = xml.path();
        let Some(below) = path.strip_prefix(account) else {
            if step == Step::Ends {
                out.take_header(path, xml)?;
            }
            continue;
        };
        match (step, below) {
            (Step::Begins, "Ntry") => entry = Entry::default(),
            (Step::Begins, "Ntry/NtryDtls") => {
                entry.check(xml)?;
                entry.has_details = true;
                batch = Part::batch();
                is_listed = false;
            }
            (Step::Begins, "Ntry/NtryDtls/TxDtls") => {
                part = Part::of(&batch);
                is_listed = true;
            }
            (Step::Begins, "Ntry/NtryDtls/TxDtls/RtrInf") => part.is_return = true,
            (Step::Begins, below) => {
                let element = below.strip_prefix("Ntry/").filter(|_| entry.has_details);
                if let Some(element) = DECISIVE.into_iter().find(|late| element == Some(late)) {
                    return Err(FileError::OutOfOrder { element, place: xml.place() });
                }
            }
            (Step::Ends, "Ntry/NtryDtls/TxDtls") => keep(std::mem::take(&mut part), &mut entry, out),
            (Step::Ends, "Ntry/NtryDtls") => {
                if !is_listed && batch.is_told() {
                    keep(std::mem::take(&mut batch), &mut entry, out);
                }
            }
            (Step::Ends, "Ntry") => end(std::mem::take(&mut entry), xml, out)?,
            (Step::Ends, "Acct/Id/IBAN" | "Acct/Id/Othr/Id") => {
                let account = xml.value(value::name)?.ok_or_else(|| xml.flaw(Flaw::Empty))?;
                out.summary.accounts.insert(account);
                if out.summary.accounts.len() > MOST_ACCOUNTS {
                    return Err(FileError::TooManyAccounts { limit: MOST_ACCOUNTS });
                }
            }
            (Step::Ends, below) => {
                if let Some(below) = below.strip_prefix("Ntry/NtryDtls/TxDtls/") {
                    part.take(below, xml)?;
                } else if let Some(below) = below.strip_prefix("Ntry/NtryDtls/Btch/") {
                    batch.take_batch(below, xml)?;
                } else if let Some(below) = below.strip_prefix("Ntry/") {
                    entry.take(below, xml)?;
                }
            }
        }
    }
    Ok(())
}

/// Keeps a part of an entry until it is known whether it is the only one; the one kept before it is not.
fn keep(part: Part, entry: &mut Entry, out: &mut Handed<'_>) {
    entry.parts += 1;
    if let Some(before) = entry.kept.replace(part) {
        tell(before, entry, false, out);
    }
}

fn end(mut entry: Entry, xml: &Elements<'_>, out: &mut Handed<'_>) -> Result<(), FileError> {
    entry.check(xml)?;
    if !entry.is_booked() {
        out.summary.not_booked += 1;
        return Ok(());
    }
    let last = entry.kept.take().unwrap_or_default();
    tell(last, &entry, entry.parts <= 1, out);
    Ok(())
}

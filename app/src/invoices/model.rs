//! What an invoice is, and where one that a partner sends stands.

use crate::base::ids::{PayoutId, PayoutRunId};
use crate::base::money::Money;
use chrono::{DateTime, NaiveDate, Utc};

/// What is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The partner's invoice, written by the programme.
    Invoice,
    /// Takes one back, whole.
    CreditNote,
}

impl Kind {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Invoice, Self::CreditNote].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An invoice's number as it is printed. Each supplier has a series of its own, and so has what corrects it (Directive
/// 2006/112/EC, article 226 (2); in Spain Real Decreto 1619/2012, article 6.1 a).
pub fn printed(kind: Kind, programme: &str, partner: &str, number: i32) -> String {
    let series = match kind {
        Kind::Invoice => "SB",
        Kind::CreditNote => "CN",
    };
    format!("{series}-{programme}-{partner}-{number:04}")
}

/// An invoice that the programme wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// What it is.
    pub kind: Kind,
    /// Which of its kind for its payout: there is another one where a payout that was given back was paid after all.
    pub turn: i32,
    /// Its whole number, as printed.
    pub number: String,
    /// The day that it bears.
    pub issued_on: NaiveDate,
}

/// Where a partner's own invoice stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing came yet.
    Awaited,
    /// It came, and finance has not looked at it.
    Received,
    /// Finance took it.
    Accepted,
    /// Finance did not take it.
    Refused {
        /// Why, for the partner.
        reason: String,
    },
}

/// What a partner sent for a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentInvoice {
    /// Which one, counted from 1.
    pub nth: i32,
    /// As the partner called it.
    pub file_name: String,
    /// When it came.
    pub sent_at: DateTime<Utc>,
    /// Where it stands.
    pub standing: Standing,
}

/// All invoices of a payout.
#[derive(Clone, Debug, Default)]
pub struct OfPayout {
    /// Those that the programme wrote.
    pub numbered: Vec<Numbered>,
    /// Whether the partner is asked for one.
    pub asked: bool,
    /// What the partner sent, the newest first.
    pub sent: Vec<SentInvoice>,
}

impl OfPayout {
    /// Where the partner's own invoice stands; `None` where none is asked for.
    pub fn standing(&self) -> Option<Standing> {
        match self.sent.first() {
            Some(sent) => Some(sent.standing.clone()),
            None => self.asked.then_some(Standing::Awaited),
        }
    }

    /// Whether the partner may send one now.
    pub fn may_send(&self) -> bool {
        self.asked && matches!(self.standing(), Some(Standing::Awaited | Standing::Refused { .. }))
    }
}

/// A partner's own invoice that waits for finance.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The run.
    pub run: PayoutRunId,
    /// The payout.
    pub payout: PayoutId,
    /// The partner's name.
    pub partner: String,
    /// What the invoice should come to: earned, with VAT.
    pub amount: Money,
    /// When it came.
    pub sent_at: DateTime<Utc>,
}

/// Bytes of the largest file that is taken.
pub const LARGEST_INVOICE: usize = 5_000_000;

/// Whether a file is a PDF, by its own marks and not by its name (ISO 32000-1, 7.5.2 and 7.5.5).
pub fn is_pdf(bytes: &[u8]) -> bool {
    const END: &[u8] = b"%%EOF";
    let tail = &bytes[bytes.len().saturating_sub(1024)..];
    bytes.starts_with(b"%PDF-") && tail.windows(END.len()).any(|window| window == END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_its_series() {
        assert_eq!(printed(Kind::Invoice, "greenhouse", "casa-verde", 7), "SB-greenhouse-casa-verde-0007");
        assert_eq!(printed(Kind::CreditNote, "greenhouse", "casa-verde", 12_345), "CN-greenhouse-casa-verde-12345");
        for kind in [Kind::Invoice, Kind::CreditNote] {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn a_pdf_is_known_by_its_marks() {
        assert!(is_pdf(b"%PDF-1.7\n...\n%%EOF\n"));
        let long = [b"%PDF-1.4\n".as_slice(), &[b'x'; 5000], b"%%EOF"].concat();
        assert!(is_pdf(&long));
        for wrong in [b"".as_slice(), b"%PDF-", b"<html>%PDF-1.7 %%EOF", b"PK\x03\x04", b"%%EOF %PDF-1.7"] {
            assert!(!is_pdf(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn another_one_is_sent_only_after_a_refusal() {
        let sent =
            |standing| SentInvoice { nth: 1, file_name: "invoice.pdf".into(), sent_at: DateTime::UNIX_EPOCH, standing };
        let of = |asked, sent: Vec<SentInvoice>| OfPayout { numbered: Vec::new(), asked, sent };
        assert_eq!((of(false, vec![]).standing(), of(true, vec![]).standing()), (None, Some(Standing::Awaited)));
        assert!(of(true, vec![]).may_send() && !of(false, vec![]).may_send());
        assert!(of(true, vec![sent(Standing::Refused { reason: "No number".into() })]).may_send());
        assert!(!of(true, vec![sent(Standing::Received)]).may_send());
        assert!(!of(true, vec![sent(Standing::Accepted)]).may_send());
    }
}

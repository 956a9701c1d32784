//! Files by which the bank answers: plain CSV, pain.002.001.11, camt.053.001.08.

use std::fmt::Write;

/// What a line says became of the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Accepted,
    /// A person at the bank looks.
    Doubt,
    Booked,
    Refused,
    Returned,
}

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Pain002,
    Camt053,
}

impl Form {
    /// Whether files of this kind can say it.
    pub fn says(self, what: What) -> bool {
        match self {
            Self::Plain => true,
            Self::Pain002 => matches!(what, What::Accepted | What::Doubt | What::Refused | What::Booked),
            Self::Camt053 => matches!(what, What::Booked | What::Returned),
        }
    }

    fn extension(self) -> &'static str {
        if self == Self::Plain { "csv" } else { "xml" }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// EndToEndId, or for `batch` the name of the file it stood in.
    pub id: String,
    pub what: What,
    /// Digits with a point.
    pub amount: String,
    pub currency: String,
    /// What the bank calls the booking.
    pub reference: String,
    /// Every payment of a file in one booking: how many.
    pub batch: Option<usize>,
    /// Of another day than its file.
    pub day: Option<String>,
}

/// A file to be read.
#[derive(Clone, Debug)]
pub struct Answer {
    pub name: String,
    pub bytes: Vec<u8>,
    pub lines: usize,
}

/// Writes lines into a file of a kind that can say them; `day` as `2011-01-31`.
pub fn write(form: Form, number: usize, day: &str, lines: &[Line]) -> Answer {
    let text = match form {
        Form::Plain => plain(day, lines),
        Form::Pain002 => pain002(number, day, lines),
        Form::Camt053 => camt053(number, day, lines),
    };
    let name = format!("answer-{number}.{}", form.extension());
    Answer { name, bytes: text.into_bytes(), lines: lines.len() }
}

fn plain(day: &str, lines: &[Line]) -> String {
    let mut text = String::from("payout,status,date,reference,code,amount,currency\n");
    for line in lines {
        let (status, code) = match line.what {
            What::Accepted => ("accepted", ""),
            What::Doubt => ("unknown", ""),
            What::Booked => ("paid", ""),
            What::Refused => ("failed", "AM04"),
            What::Returned => ("returned", "AC06"),
        };
        let Line { id, reference, amount, currency, .. } = line;
        let day = line.day.as_deref().unwrap_or(day);
        writeln!(text, "{id},{status},{day},{reference},{code},{amount},{currency}").expect("text");
    }
    text
}

fn pain002(number: usize, day: &str, lines: &[Line]) -> String {
    let mut text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.11"><CstmrPmtStsRpt><GrpHdr><MsgId>STS-{number}</MsgId>
<CreDtTm>{day}T06:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>SEVERAL-{number}</OrgnlMsgId>
<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>SEVERAL-{number}</OrgnlPmtInfId>
"#
    );
    for line in lines {
        let (status, reason) = match line.what {
            What::Accepted => ("ACSP", ""),
            What::Doubt => ("BLCK", ""),
            What::Booked => ("ACSC", ""),
            What::Refused | What::Returned => ("RJCT", "<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"),
        };
        let Line { id, reference, amount, currency, .. } = line;
        writeln!(
            text,
            "<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}<AcctSvcrRef>{reference}</AcctSvcrRef>\
             <OrgnlTxRef><Amt><InstdAmt Ccy=\"{currency}\">{amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>"
        )
        .expect("text");
    }
    text + "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n"
}

fn camt053(number: usize, day: &str, lines: &[Line]) -> String {
    let mut text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>STMT-{number}</MsgId>
<CreDtTm>{day}T18:00:00Z</CreDtTm></GrpHdr><Stmt><Id>{number}</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>
"#
    );
    for line in lines {
        let Line { id, reference, amount, currency, .. } = line;
        let day = line.day.as_deref().unwrap_or(day);
        let (direction, family, sub_family, returned) = match line.what {
            What::Returned => ("CRDT", "RCDT", "RRTN", "<RtrInf><Rsn><Cd>AC06</Cd></Rsn></RtrInf>"),
            _ => ("DBIT", "ICDT", "ESCT", ""),
        };
        let details = match line.batch {
            Some(payments) => format!(
                "<Btch><PmtInfId>{id}</PmtInfId><NbOfTxs>{payments}</NbOfTxs><TtlAmt Ccy=\"{currency}\">{amount}</TtlAmt></Btch>"
            ),
            None => format!(
                "<TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs><Amt Ccy=\"{currency}\">{amount}</Amt>{returned}</TxDtls>"
            ),
        };
        writeln!(
            text,
            "<Ntry><Amt Ccy=\"{currency}\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>\
             <Cd>{family}</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls>{details}</NtryDtls></Ntry>"
        )
        .expect("text");
    }
    text + "</Stmt></BkToCstmrStmt></Document>\n"
}

//! pain.001.001.09: a euro credit transfer by SEPA, as the EPC's customer-to-PSP guidelines (EPC132-08, 2025, version
//! 1.0) narrow the ISO 20022 message. One group of payments, booked as one sum, charges shared (SLEV), one payment a
//! line of text.

use super::account;
use super::amount;
use super::error::{FileError, Refusal};
use super::model::{Address, Destination, Header, Order, Payer};
use super::tally::Tally;
use super::text::{is_sepa_id, sepa, sepa_name};
use iban::{Iban, IbanLike};
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use rust_decimal::Decimal;
use std::io::{self, BufWriter, Write};

/// The message's namespace.
pub const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
/// The largest amount of one SEPA credit transfer, in euro (2025 SCT rulebook, AT-T002).
pub const LARGEST_AMOUNT: Decimal =
    Decimal::from_parts(LARGEST_CENTS as u32, (LARGEST_CENTS >> 32) as u32, 0, false, 2);

const LARGEST_CENTS: u64 = 99_999_999_999;
/// `NbOfTxs` has 15 digits.
const MOST_PAYMENTS: u64 = 999_999_999_999_999;
/// `CtrlSum` has 18 digits in all (type DecimalNumber).
const TOTAL_DIGITS: usize = 18;
const NAME: usize = 70;
const REMITTANCE: usize = 140;

type Xml<W> = quick_xml::Writer<BufWriter<W>>;

/// Writes one file.
pub struct Writer<W: Write> {
    xml: Xml<W>,
    tally: Tally,
}

impl<W: Write> Writer<W> {
    /// Writes everything that comes before the first payment.
    ///
    /// # Errors
    /// When the header cannot be a SEPA message (not euro, message id, payer's account, name or address, number, total),
    /// or the writer fails.
    pub fn new(inner: W, header: &Header) -> Result<Self, FileError> {
        if header.currency != "EUR" {
            return Err(FileError::Currency(header.currency.clone()));
        }
        if !is_sepa_id(&header.message_id) {
            return Err(FileError::MessageId);
        }
        let tally = Tally::new(header, MOST_PAYMENTS, 2)?;
        let total = amount::written(header.total, 2).map_err(|_| FileError::TotalAmount)?;
        if total.len() > TOTAL_DIGITS + 1 {
            return Err(FileError::TotalAmount);
        }
        let payer = Party::payer(&header.payer).map_err(FileError::Payer)?;
        let mut xml = Xml::new(BufWriter::new(inner));
        opening(&mut xml, header, &total, &payer)?;
        Ok(Self { xml, tally })
    }

    /// Writes one payment.
    ///
    /// # Errors
    /// When the payment is refused (nothing of it has been written then), is one too many, or the writer fails.
    pub fn push(&mut self, order: &Order) -> Result<(), FileError> {
        let refused = |refusal: Refusal| refusal.of(order);
        if !is_sepa_id(&order.end_to_end_id) {
            return Err(refused(Refusal::EndToEndId));
        }
        let amount = self.tally.amount(order)?;
        if order.amount > LARGEST_AMOUNT {
            return Err(refused(Refusal::AmountTooLarge));
        }
        let payee = Party::payee(order).map_err(refused)?;
        self.tally.count(order)?;
        payment(&mut self.xml, order, &amount, &payee)?;
        Ok(())
    }

    /// Ends the file, flushes it and gives the writer back.
    ///
    /// # Errors
    /// When number or total of the payments are not the header's, or the writer fails.
    pub fn finish(mut self) -> Result<W, FileError> {
        self.tally.finish()?;
        line(&mut self.xml)?;
        for name in ["PmtInf", "CstmrCdtTrfInitn", "Document"] {
            self.xml.write_event(Event::End(BytesEnd::new(name)))?;
        }
        line(&mut self.xml)?;
        Ok(self.xml.into_inner().into_inner().map_err(io::IntoInnerError::into_error)?)
    }
}

/// Somebody with an account, in the characters of SEPA.
struct Party {
    name: String,
    address: Option<Address>,
    iban: Iban,
    bic: Option<String>,
}

impl Party {
    fn payer(payer: &Payer) -> Result<Self, Refusal> {
        Self::new(&payer.name, payer.address.as_ref(), &payer.iban, payer.bic.as_deref())
    }

    fn payee(order: &Order) -> Result<Self, Refusal> {
        match &order.to {
            Destination::Iban { iban, bic } => Self::new(&order.name, order.address.as_ref(), iban, bic.as_deref()),
            _ => Err(Refusal::Destination),
        }
    }

    fn new(name: &str, address: Option<&Address>, iban: &str, bic: Option<&str>) -> Result<Self, Refusal> {
        Ok(Self {
            name: sepa_name(name, NAME)?,
            address: address.map(structured).transpose()?,
            iban: account::sepa_iban(iban)?,
            bic: bic.map(account::bic).transpose()?,
        })
    }
}

/// Whether the message can carry an address: town and country are there, in letters that have a form in SEPA's.
pub fn carries(address: &Address) -> bool {
    structured(address).is_ok()
}

/// The address as the message carries it (type PostalAddress24).
fn structured(address: &Address) -> Result<Address, Refusal> {
    let optional = |text: &Option<String>, longest| {
        text.as_deref().map(|text| sepa(text, longest)).filter(|text| !text.is_empty())
    };
    let country = address.country.trim().to_ascii_uppercase();
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Refusal::Address);
    }
    Ok(Address {
        street: optional(&address.street, 70),
        building: optional(&address.building, 16),
        post_code: optional(&address.post_code, 16),
        town: sepa_name(&address.town, 35).map_err(|_| Refusal::Address)?,
        country,
    })
}

fn opening<W: Write>(xml: &mut Xml<W>, header: &Header, total: &str, payer: &Party) -> io::Result<()> {
    let payments = header.payments.to_string();
    let pay_day = header.pay_day.format("%Y-%m-%d").to_string();
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    line(xml)?;
    xml.write_event(Event::Start(BytesStart::new("Document").with_attributes([("xmlns", NAMESPACE)])))?;
    xml.write_event(Event::Start(BytesStart::new("CstmrCdtTrfInitn")))?;
    within(xml, "GrpHdr", |xml| {
        leaf(xml, "MsgId", &header.message_id)?;
        leaf(xml, "CreDtTm", &header.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string())?;
        leaf(xml, "NbOfTxs", &payments)?;
        leaf(xml, "CtrlSum", total)?;
        within(xml, "InitgPty", |xml| leaf(xml, "Nm", &payer.name))
    })?;
    xml.write_event(Event::Start(BytesStart::new("PmtInf")))?;
    // The message holds this one group, so its id serves both.
    leaf(xml, "PmtInfId", &header.message_id)?;
    leaf(xml, "PmtMtd", "TRF")?;
    leaf(xml, "BtchBookg", "true")?;
    leaf(xml, "NbOfTxs", &payments)?;
    leaf(xml, "CtrlSum", total)?;
    within(xml, "PmtTpInf", |xml| within(xml, "SvcLvl", |xml| leaf(xml, "Cd", "SEPA")))?;
    within(xml, "ReqdExctnDt", |xml| leaf(xml, "Dt", &pay_day))?;
    party(xml, "Dbtr", payer)?;
    account_of(xml, "DbtrAcct", payer)?;
    within(xml, "DbtrAgt", |xml| {
        within(xml, "FinInstnId", |xml| match &payer.bic {
            Some(bic) => leaf(xml, "BICFI", bic),
            None => within(xml, "Othr", |xml| leaf(xml, "Id", "NOTPROVIDED")),
        })
    })?;
    leaf(xml, "ChrgBr", "SLEV")
}

fn payment<W: Write>(xml: &mut Xml<W>, order: &Order, amount: &str, payee: &Party) -> io::Result<()> {
    line(xml)?;
    within(xml, "CdtTrfTxInf", |xml| {
        within(xml, "PmtId", |xml| leaf(xml, "EndToEndId", &order.end_to_end_id))?;
        within(xml, "Amt", |xml| {
            let element = xml.create_element("InstdAmt").with_attribute(("Ccy", "EUR"));
            element.write_text_content(BytesText::new(amount)).map(drop)
        })?;
        if let Some(bic) = &payee.bic {
            within(xml, "CdtrAgt", |xml| within(xml, "FinInstnId", |xml| leaf(xml, "BICFI", bic)))?;
        }
        party(xml, "Cdtr", payee)?;
        account_of(xml, "CdtrAcct", payee)?;
        match sepa(&order.remittance, REMITTANCE) {
            text if text.is_empty() => Ok(()),
            text => within(xml, "RmtInf", |xml| leaf(xml, "Ustrd", &text)),
        }
    })
}

fn party<W: Write>(xml: &mut Xml<W>, name: &str, party: &Party) -> io::Result<()> {
    within(xml, name, |xml| {
        leaf(xml, "Nm", &party.name)?;
        let Some(address) = &party.address else { return Ok(()) };
        within(xml, "PstlAdr", |xml| {
            for (name, text) in
                [("StrtNm", &address.street), ("BldgNb", &address.building), ("PstCd", &address.post_code)]
            {
                if let Some(text) = text {
                    leaf(xml, name, text)?;
                }
            }
            leaf(xml, "TwnNm", &address.town)?;
            leaf(xml, "Ctry", &address.country)
        })
    })
}

fn account_of<W: Write>(xml: &mut Xml<W>, name: &str, party: &Party) -> io::Result<()> {
    within(xml, name, |xml| within(xml, "Id", |xml| leaf(xml, "IBAN", party.iban.electronic_str())))
}

fn within<W: Write>(
    xml: &mut Xml<W>,
    name: &str,
    content: impl FnOnce(&mut Xml<W>) -> io::Result<()>,
) -> io::Result<()> {
    xml.create_element(name).write_inner_content(content).map(drop)
}

fn leaf<W: Write>(xml: &mut Xml<W>, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(text)).map(drop)
}

fn line<W: Write>(xml: &mut Xml<W>) -> io::Result<()> {
    xml.write_event(Event::Text(BytesText::new("\n")))
}

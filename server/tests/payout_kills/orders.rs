//! Reading the files that Partnerdesk sends, as a bank or a payment service would: by their own descriptions, with none
//! of Partnerdesk's code.

use quick_xml::events::Event;
use rust_decimal::Decimal;

/// By which file a payment came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rail {
    /// pain.001.
    Sepa,
    /// A bank's CSV, in sterling.
    Bank,
    PayPal,
    Wise,
}

/// One payment that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub rail: Rail,
    /// EndToEndId, or what stands in for it.
    pub id: String,
    /// The partner's code, by the account that is to receive it.
    pub partner: String,
    pub amount: Decimal,
    pub currency: String,
}

/// A file: how it is named, and its payments.
#[derive(Debug)]
pub struct Sent {
    /// MsgId; for CSV the file's name, for there it has no other.
    pub message: String,
    pub orders: Vec<Order>,
}

/// Reads a file.
///
/// # Errors
/// In words, where no bank would take it.
pub fn read(file_name: &str, bytes: &[u8]) -> Result<Sent, String> {
    let kinds =
        [("-pain.001-", Rail::Sepa), ("-bank-", Rail::Bank), ("-paypal-", Rail::PayPal), ("-wise-", Rail::Wise)];
    let (_, rail) = kinds.into_iter().find(|(mark, _)| file_name.contains(mark)).ok_or("a file of no known kind")?;
    if rail == Rail::Sepa {
        return pain001(std::str::from_utf8(bytes).map_err(|error| error.to_string())?);
    }
    if !bytes.ends_with(b"\r\n") {
        return Err("the last row is cut off".to_owned());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(rail != Rail::PayPal).from_reader(bytes);
    let head: Vec<String> = match rail {
        // Without a header row; these are PayPal's columns.
        Rail::PayPal => ["email", "amount", "currency", "id", "note", "wallet"].map(str::to_owned).to_vec(),
        _ => reader.headers().map_err(|error| error.to_string())?.iter().map(str::to_owned).collect(),
    };
    let mut orders = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let cell = |name: &str| {
            let place = head.iter().position(|column| column == name).ok_or_else(|| format!("no column {name}"))?;
            row.get(place).map(str::to_owned).ok_or_else(|| format!("no {name} in a row"))
        };
        let (id, partner, currency) = match rail {
            Rail::Bank => (cell("end_to_end_id")?, cell("name")?, cell("currency")?),
            Rail::PayPal => (cell("id")?, cell("email")?, cell("currency")?),
            _ => (cell("paymentReference")?, cell("recipientEmail")?, cell("targetCurrency")?),
        };
        orders.push(Order {
            rail,
            id: id.split(' ').next_back().unwrap_or_default().to_owned(),
            partner: partner_of(&partner),
            amount: cell("amount")?.parse().map_err(|_| "no amount".to_owned())?,
            currency,
        });
    }
    Ok(Sent { message: file_name.to_owned(), orders })
}

/// The accounts of these tests are in the name of, or under the address of, `Partner P0001`.
fn partner_of(account: &str) -> String {
    let name = account.split('@').next().unwrap_or_default();
    name.split(' ').next_back().unwrap_or_default().to_uppercase()
}

fn pain001(text: &str) -> Result<Sent, String> {
    let mut xml = quick_xml::Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut sent = Sent { message: String::new(), orders: Vec::new() };
    let (mut payments, mut total) = (0, Decimal::ZERO);
    loop {
        match xml.read_event().map_err(|error| error.to_string())? {
            Event::Start(element) => {
                let name = element.local_name().as_ref().to_owned();
                if name == "CdtTrfTxInf" {
                    let empty = String::new;
                    let (id, partner, currency) = (empty(), empty(), empty());
                    sent.orders.push(Order { rail: Rail::Sepa, id, partner, currency, amount: Decimal::ZERO });
                }
                if let ("InstdAmt", Some(order)) = (name.as_str(), sent.orders.last_mut()) {
                    let attribute = element.try_get_attribute("Ccy").map_err(|error| error.to_string())?;
                    order.currency = attribute.ok_or("no currency")?.value.into_owned();
                }
                path.push(name);
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(words) => {
                let words = words.to_string();
                let two: Vec<&str> = path.iter().rev().take(2).rev().map(String::as_str).collect();
                let number = || words.parse::<Decimal>().map_err(|_| format!("no number: {words}"));
                match (two.as_slice(), sent.orders.last_mut()) {
                    (["GrpHdr", "MsgId"], _) => sent.message = words,
                    (["GrpHdr", "NbOfTxs"], _) => payments = words.parse().map_err(|_| "no number".to_owned())?,
                    (["GrpHdr", "CtrlSum"], _) => total = number()?,
                    (["PmtId", "EndToEndId"], Some(order)) => order.id = words,
                    (["Amt", "InstdAmt"], Some(order)) => order.amount = number()?,
                    (["Cdtr", "Nm"], Some(order)) => order.partner = partner_of(&words),
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let sum: Decimal = sent.orders.iter().map(|order| order.amount).sum();
    match path.is_empty() && sent.orders.len() == payments && sum == total {
        true => Ok(sent),
        false => Err(format!("cut off: {} payments of {payments}", sent.orders.len())),
    }
}

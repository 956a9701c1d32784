//! What identifies an account: read as people type it, masked, and brought into one form for comparing.

mod other;

use super::model::{Fault, MethodKind};
use super::rules::LONGEST_HOLDER;
use iban::{Iban, IbanLike};
use std::fmt;
use zeroize::Zeroizing;

/// Longest e-mail address that can be delivered to (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const LONGEST_EMAIL: usize = 254;

/// IBAN countries that SEPA credit transfers reach (European Payments Council, EPC409-09, "List of SEPA scheme
/// countries"; territories use the IBANs of their states).
const SEPA: [&str; 42] = [
    "AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE",
    "SI", "SK", "SM", "VA",
];

/// An account, checked. Prints only its mask.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A bank account in SEPA.
    Iban {
        /// Without spaces, in capitals.
        iban: String,
        /// In capitals.
        bic: Option<String>,
    },
    /// A British bank account.
    SortCode {
        /// Six digits.
        sort_code: String,
        /// Eight digits.
        account: String,
    },
    /// A bank account anywhere else.
    BankAccount {
        /// Where the bank is (ISO 3166-1 alpha-2).
        country: String,
        /// An IBAN where the country has them, otherwise the number as the bank writes it; in capitals, without spaces.
        account: String,
        /// In capitals.
        bic: Option<String>,
        /// The bank within its country, such as an ABA routing number.
        bank_code: Option<String>,
    },
    /// A PayPal account's e-mail address.
    PayPal(String),
    /// A Wise account's e-mail address.
    Wise(String),
}

/// A payout method as somebody typed it; of the fields, those of its kind are read.
#[derive(Clone, Copy, Default)]
pub struct Given<'a> {
    /// The account holder.
    pub holder: &'a str,
    /// Of `iban`.
    pub iban: &'a str,
    /// Of `iban` and `bank_account`; may be empty.
    pub bic: &'a str,
    /// Of `sort_code`.
    pub sort_code: &'a str,
    /// Of `sort_code` and `bank_account`.
    pub account: &'a str,
    /// Of `bank_account`.
    pub country: &'a str,
    /// Of `bank_account`; may be empty.
    pub bank_code: &'a str,
    /// Of `paypal` and `wise`.
    pub email: &'a str,
}

impl Given<'_> {
    /// Holder and account, checked.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the fields.
    pub fn parse(&self, kind: MethodKind) -> Result<(String, Address), Vec<Fault>> {
        let mut faults = Vec::new();
        let mut note = |fault: Fault| {
            faults.push(fault);
            String::new()
        };
        let holder = parse_holder(self.holder).unwrap_or_else(&mut note);
        let address = match kind {
            MethodKind::Iban => Address::Iban {
                iban: parse_iban(self.iban).unwrap_or_else(&mut note),
                bic: Some(parse_bic(self.bic).unwrap_or_else(&mut note)).filter(|bic| !bic.is_empty()),
            },
            MethodKind::BankAccount => other::parse(self).unwrap_or_else(|found| {
                found.into_iter().for_each(|fault| drop(note(fault)));
                Address::PayPal(String::new())
            }),
            MethodKind::SortCode => Address::SortCode {
                sort_code: parse_digits(self.sort_code, 6).ok_or(Fault::SortCodeWrong).unwrap_or_else(&mut note),
                account: parse_digits(self.account, 8).ok_or(Fault::AccountWrong).unwrap_or_else(&mut note),
            },
            MethodKind::PayPal => Address::PayPal(parse_email(self.email).unwrap_or_else(&mut note)),
            MethodKind::Wise => Address::Wise(parse_email(self.email).unwrap_or_else(&mut note)),
        };
        if faults.is_empty() { Ok((holder, address)) } else { Err(faults) }
    }
}

fn parse_holder(text: &str) -> Result<String, Fault> {
    let holder = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if holder.is_empty() {
        return Err(Fault::HolderEmpty);
    }
    let fits = holder.chars().count() <= LONGEST_HOLDER && !holder.chars().any(char::is_control);
    if fits { Ok(holder) } else { Err(Fault::HolderUnfit) }
}

/// Reads an IBAN as it stands on a statement, with or without spaces and dashes (ISO 13616).
fn parse_iban(text: &str) -> Result<String, Fault> {
    let text = compact(text);
    if text.is_empty() {
        return Err(Fault::IbanEmpty);
    }
    let iban: Iban = text.parse().map_err(|_| Fault::IbanWrong)?;
    if SEPA.contains(&iban.country_code()) { Ok(iban.electronic_str().to_owned()) } else { Err(Fault::IbanNotSepa) }
}

/// Reads a BIC (ISO 9362): four letters or digits, two letters, two letters or digits, and three more or none.
fn parse_bic(text: &str) -> Result<String, Fault> {
    let bic = compact(text);
    let shaped = matches!(bic.len(), 8 | 11)
        && bic
            .bytes()
            .enumerate()
            .all(|(at, byte)| byte.is_ascii_uppercase() || (byte.is_ascii_digit() && !(4..6).contains(&at)));
    if bic.is_empty() || shaped { Ok(bic) } else { Err(Fault::BicWrong) }
}

fn parse_digits(text: &str, count: usize) -> Option<String> {
    let digits = compact(text);
    (digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// Without what people put between groups of signs, in capitals.
fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !"-–.".contains(*c)).collect::<String>().to_ascii_uppercase()
}

/// Reads an e-mail address: one `@`, a domain with a dot, nothing that can't be seen.
fn parse_email(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Fault::EmailEmpty);
    }
    let (local, domain) = text.rsplit_once('@').ok_or(Fault::EmailWrong)?;
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && local.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"@<>,;:\"\\()[]".contains(c));
    let domain_ok = domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    if local_ok && domain_ok && text.len() <= LONGEST_EMAIL { Ok(text.to_owned()) } else { Err(Fault::EmailWrong) }
}

impl Address {
    /// Its kind.
    pub fn kind(&self) -> MethodKind {
        match self {
            Self::Iban { .. } => MethodKind::Iban,
            Self::SortCode { .. } => MethodKind::SortCode,
            Self::BankAccount { .. } => MethodKind::BankAccount,
            Self::PayPal(_) => MethodKind::PayPal,
            Self::Wise(_) => MethodKind::Wise,
        }
    }

    /// What staff and a glance at the screen may see: `ES•• •••• 1332`, `•••••678`, `a…@example.org`.
    pub fn masked(&self) -> String {
        match self {
            Self::Iban { iban, .. } => {
                format!("{}•• •••• {}", iban.get(..2).unwrap_or_default(), ending(iban, 4))
            }
            Self::SortCode { account, .. } => format!("•••••{}", ending(account, 3)),
            Self::BankAccount { country, account, .. } => {
                // Of a short number less is shown.
                format!("{country}•• •••• {}", ending(account, if account.len() < 10 { 3 } else { 4 }))
            }
            Self::PayPal(email) | Self::Wise(email) => {
                let first: String = email.chars().take(1).collect();
                let domain = email.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
                format!("{first}…@{domain}")
            }
        }
    }

    /// The account itself, the same however it was written and whoever pays into it: a British IBAN holds sort code and
    /// account number, and one mailbox is one person at PayPal and at Wise.
    pub fn identity(&self) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Iban { iban, .. } if iban.starts_with("GB") => format!("sort_code:{}", ending(iban, 14)),
            Self::Iban { iban, .. } => format!("iban:{iban}"),
            Self::SortCode { sort_code, account } => format!("sort_code:{sort_code}{account}"),
            Self::BankAccount { account, .. } if account.parse::<Iban>().is_ok() => {
                return Self::Iban { iban: account.clone(), bic: None }.identity();
            }
            // The number counts within its country: the same bank has a BIC and a bank code, and either may be left out.
            Self::BankAccount { country, account, .. } => format!("account:{country}{account}"),
            Self::PayPal(email) | Self::Wise(email) => format!("email:{}", email.to_lowercase()),
        })
    }

    /// Labels a reader of the house's knows, and the account in groups as banks print it.
    pub fn written(&self) -> Vec<(Part, String)> {
        match self {
            Self::Iban { iban, bic } => {
                let groups: Vec<_> = iban.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
                let bic = bic.iter().map(|bic| (Part::Bic, bic.clone()));
                std::iter::once((Part::Iban, groups.join(" "))).chain(bic).collect()
            }
            Self::SortCode { sort_code, account } => {
                let groups: Vec<_> = sort_code.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
                vec![(Part::SortCode, groups.join("-")), (Part::Account, account.clone())]
            }
            Self::BankAccount { country, account, bic, bank_code } => {
                let bank_code = bank_code.iter().map(|code| (Part::BankCode, code.clone()));
                let bic = bic.iter().map(|bic| (Part::Bic, bic.clone()));
                let first = [(Part::Country, country.clone()), (Part::Account, account.clone())];
                first.into_iter().chain(bic).chain(bank_code).collect()
            }
            Self::PayPal(email) | Self::Wise(email) => vec![(Part::Email, email.clone())],
        }
    }

    /// As it is encrypted: a line for each part.
    pub(super) fn to_plain(&self) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Iban { iban, bic } => format!("{iban}\n{}", bic.as_deref().unwrap_or_default()),
            Self::SortCode { sort_code, account } => format!("{sort_code}\n{account}"),
            Self::BankAccount { country, account, bic, bank_code } => format!(
                "{country}\n{account}\n{}\n{}",
                bic.as_deref().unwrap_or_default(),
                bank_code.as_deref().unwrap_or_default()
            ),
            Self::PayPal(email) | Self::Wise(email) => email.clone(),
        })
    }

    /// From what [`Self::to_plain`] wrote.
    pub(super) fn from_plain(kind: MethodKind, plain: &str) -> Option<Self> {
        let lines = plain.split_once('\n');
        Some(match kind {
            MethodKind::Iban => {
                let (iban, bic) = lines?;
                Self::Iban { iban: iban.to_owned(), bic: Some(bic.to_owned()).filter(|bic| !bic.is_empty()) }
            }
            MethodKind::SortCode => {
                let (sort_code, account) = lines?;
                Self::SortCode { sort_code: sort_code.to_owned(), account: account.to_owned() }
            }
            MethodKind::BankAccount => {
                let parts: Vec<_> = plain.split('\n').collect();
                let [country, account, bic, bank_code] = parts.as_slice() else { return None };
                let optional = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
                Self::BankAccount {
                    country: (*country).to_owned(),
                    account: (*account).to_owned(),
                    bic: optional(bic),
                    bank_code: optional(bank_code),
                }
            }
            MethodKind::PayPal => Self::PayPal(plain.to_owned()),
            MethodKind::Wise => Self::Wise(plain.to_owned()),
        })
    }
}

/// The parts of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// International account number.
    Iban,
    /// The bank.
    Bic,
    /// Bank and branch.
    SortCode,
    /// Account number.
    Account,
    /// Country of the bank.
    Country,
    /// The bank within its country.
    BankCode,
    /// E-mail address.
    Email,
}

fn ending(text: &str, count: usize) -> &str {
    text.len().checked_sub(count).and_then(|from| text.get(from..)).unwrap_or_default()
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({} {})", self.kind().as_str(), self.masked())
    }
}

#[cfg(test)]
#[path = "address/tests.rs"]
mod tests;

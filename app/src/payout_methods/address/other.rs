//! Bank accounts in other currencies than euro and sterling.

use super::{Address, Given, compact, parse_bic};
use crate::payout_methods::model::Fault;
use crate::tax::countries::Country;
use iban::{Iban, IbanLike};

/// The longest account number that ISO 20022 and SWIFT messages carry (`Max34Text`; field 59).
const LONGEST_ACCOUNT: usize = 34;
/// The shortest account numbers in use.
const SHORTEST_ACCOUNT: usize = 4;
/// The longest code of a bank within its country (ISO 20022, external code set ClearingSystemIdentification).
const LONGEST_BANK_CODE: usize = 14;

/// Countries whose accounts are taken by their IBAN alone: those of SWIFT's "IBAN Registry", but for the ones that joined it
/// since 2021 (Burundi, Djibouti, the Falklands, Libya, Mongolia, Nicaragua, Oman, Russia, Sudan, Somalia, Yemen), where a
/// plain number is taken as well.
const WITH_IBAN: [&str; 76] = [
    "AD", "AE", "AL", "AT", "AZ", "BA", "BE", "BG", "BH", "BR", "BY", "CH", "CR", "CY", "CZ", "DE", "DK", "DO", "EE",
    "EG", "ES", "FI", "FO", "FR", "GB", "GE", "GI", "GL", "GR", "GT", "HR", "HU", "IE", "IL", "IQ", "IS", "IT", "JO",
    "KW", "KZ", "LB", "LC", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MR", "MT", "MU", "NL", "NO", "PL", "PS",
    "PT", "QA", "RO", "RS", "SA", "SC", "SE", "SI", "SK", "SM", "ST", "SV", "TL", "TN", "TR", "UA", "VA", "VG", "XK",
];

/// Country, account, BIC and bank code, checked against each other.
pub(super) fn parse(given: &Given<'_>) -> Result<Address, Vec<Fault>> {
    let mut faults = Vec::new();
    let country = compact(given.country);
    if Country::parse(&country).is_none() && country != "XK" {
        faults.push(Fault::CountryWrong);
    }
    let account = compact(given.account);
    let is_iban = WITH_IBAN.contains(&country.as_str());
    if is_iban {
        if !account.parse::<Iban>().is_ok_and(|iban| iban.country_code() == country) {
            faults.push(Fault::AccountNotIban);
        }
    } else if !(SHORTEST_ACCOUNT..=LONGEST_ACCOUNT).contains(&account.len())
        || !account.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        faults.push(Fault::NumberWrong);
    }
    let bic = parse_bic(given.bic).unwrap_or_else(|fault| {
        faults.push(fault);
        String::new()
    });
    let bank_code = compact(given.bank_code);
    if !bank_code.is_empty() && !fits(&country, &bank_code) {
        faults.push(Fault::BankCodeWrong);
    }
    // An IBAN names its bank; without one, something else has to.
    if !is_iban && bank_code.is_empty() && given.bic.trim().is_empty() {
        faults.push(Fault::BankMissing);
    }
    let optional = |text: String| Some(text).filter(|text| !text.is_empty());
    match faults.is_empty() {
        true => Ok(Address::BankAccount { country, account, bic: optional(bic), bank_code: optional(bank_code) }),
        false => Err(faults),
    }
}

/// Whether a bank code can be one: of the United States, a routing number with its check digit (American Bankers
/// Association: 3, 7, 1 times the digits, a multiple of 10); elsewhere, letters and digits.
fn fits(country: &str, code: &str) -> bool {
    if country != "US" {
        return code.len() <= LONGEST_BANK_CODE && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    }
    let digits: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits.iter().zip([3, 7, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    code.len() == 9 && digits.len() == 9 && sum.is_multiple_of(10) && sum > 0
}

#[cfg(test)]
mod tests {
    use super::super::Part;
    use super::*;
    use crate::payout_methods::model::MethodKind;
    use iban::ParseIbanError;

    #[test]
    fn each_country_with_an_iban_is_in_the_registry() {
        // Any account that has right check digits: unless its country is unknown, only its form is wrong.
        let known = |country: &str| {
            let refused = (2..=98).map(|check| format!("{country}{check:02}00000000000000").parse::<Iban>());
            refused.into_iter().any(|parsed| matches!(parsed, Ok(_) | Err(ParseIbanError::InvalidBban(_))))
        };
        for country in WITH_IBAN {
            assert!(known(country), "{country}");
        }
        assert!(!known("US") && !known("ZZ"));
    }

    fn given(country: &str, account: &str, bic: &str, bank_code: &str) -> Result<Address, Vec<Fault>> {
        let given = Given { holder: "Ana Ruiz", country, account, bic, bank_code, ..Given::default() };
        given.parse(MethodKind::BankAccount).map(|(_, address)| address)
    }

    #[test]
    fn where_accounts_have_an_iban_it_has_to_be_one_of_that_country() {
        let polish = given("pl", "PL61 1090 1014 0000 0712 1981 2874", "", "").expect("account");
        assert_eq!(polish.masked(), "PL•• •••• 2874");
        let iban = Given { holder: "Ana", iban: "PL61109010140000071219812874", ..Given::default() };
        let (_, iban) = iban.parse(MethodKind::Iban).expect("iban");
        assert_eq!(polish.identity(), iban.identity(), "one account, whatever it is paid in");
        for (country, account) in
            [("PL", "61109010140000071219812874"), ("SE", "PL61109010140000071219812874"), ("PL", "")]
        {
            assert_eq!(given(country, account, "", ""), Err(vec![Fault::AccountNotIban]), "{country} {account}");
        }
    }

    #[test]
    fn elsewhere_number_and_bank_name_it() {
        let american = given("US", "000-123 456789", "", "021000021").expect("account");
        assert_eq!(american.masked(), "US•• •••• 6789");
        let parts: Vec<_> = american.written().into_iter().collect();
        assert_eq!(
            parts,
            [
                (Part::Country, "US".to_owned()),
                (Part::Account, "000123456789".to_owned()),
                (Part::BankCode, "021000021".to_owned())
            ]
        );
        assert!(given("US", "000123456789", "CHASUS33", "").is_ok());
        assert_eq!(given("US", "000123456789", "", ""), Err(vec![Fault::BankMissing]));
        assert_eq!(given("US", "000123456789", "", "021000022"), Err(vec![Fault::BankCodeWrong]));
        assert_eq!(given("US", "000123456789", "", "000000000"), Err(vec![Fault::BankCodeWrong]));
        assert_eq!(given("US", "12", "CHASUS33", ""), Err(vec![Fault::NumberWrong]));
        assert_eq!(given("US", "=1+1=2", "CHASUS33", ""), Err(vec![Fault::NumberWrong]));
        assert_eq!(given("ZZ", "12345678", "CHASUS33", ""), Err(vec![Fault::CountryWrong]));
        assert_eq!(given("US", "12345678", "CHAS", ""), Err(vec![Fault::BicWrong]));
    }

    #[test]
    fn it_opens_as_it_was_sealed() {
        for address in [
            given("US", "000123456789", "CHASUS33", "021000021").expect("account"),
            given("PL", "PL61109010140000071219812874", "", "").expect("account"),
        ] {
            assert_eq!(Address::from_plain(MethodKind::BankAccount, &address.to_plain()), Some(address));
        }
    }
}

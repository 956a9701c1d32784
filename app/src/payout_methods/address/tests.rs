use super::*;
use proptest::prelude::*;

fn iban(text: &str) -> Result<Address, Vec<Fault>> {
    Given { holder: "Ana Ruiz", iban: text, ..Given::default() }.parse(MethodKind::Iban).map(|(_, address)| address)
}

fn email(text: &str) -> Result<Address, Vec<Fault>> {
    Given { holder: "Ana Ruiz", email: text, ..Given::default() }.parse(MethodKind::PayPal).map(|(_, address)| address)
}

#[test]
fn an_iban_is_read_as_people_write_it() {
    let plain = iban("ES9121000418450200051332").expect("iban");
    for text in ["ES91 2100 0418 4502 0005 1332", " es91-2100-0418-4502-0005-1332\n", "ES91\u{a0}21000418450200051332"]
    {
        assert_eq!(iban(text), Ok(plain.clone()), "{text}");
    }
    assert_eq!(plain.masked(), "ES•• •••• 1332");
    assert_eq!(plain.written(), [(Part::Iban, "ES91 2100 0418 4502 0005 1332".to_owned())]);
}

#[test]
fn a_wrong_digit_a_foreign_country_and_nothing_are_told_apart() {
    assert_eq!(iban(" "), Err(vec![Fault::IbanEmpty]));
    for text in ["ES9121000418450200051333", "ES91 2100", "ES91210004184502000513320", "9121000418450200051332", "ña"]
    {
        assert_eq!(iban(text), Err(vec![Fault::IbanWrong]), "{text}");
    }
    // Turkish and Brazilian ones from the registry of IBANs.
    for text in ["TR330006100519786457841326", "BR1800360305000010009795493C1"] {
        assert_eq!(iban(text), Err(vec![Fault::IbanNotSepa]), "{text}");
    }
    for text in ["GB29NWBK60161331926819", "VA59001123000012345678", "RS35260005601001611379", "CH9300762011623852957"]
    {
        assert!(iban(text).is_ok(), "{text}");
    }
}

#[test]
fn a_bic_has_eight_or_eleven_signs() {
    let with = |bic| {
        Given { holder: "Ana", iban: "ES9121000418450200051332", bic, ..Given::default() }.parse(MethodKind::Iban)
    };
    for text in ["CAIXESBB", "caixesbbxxx", "CAIX ES BB XXX", ""] {
        assert!(with(text).is_ok(), "{text}");
    }
    for text in ["CAIXESB", "CAIXESBBX", "CAIX1SBB", "CAIXESBBXXXX", "CAIXÉSBB"] {
        assert_eq!(with(text).map(|_| ()), Err(vec![Fault::BicWrong]), "{text}");
    }
}

#[test]
fn a_british_account_has_six_and_eight_digits() {
    let given = |sort_code, account| {
        Given { holder: "Pia Page", sort_code, account, ..Given::default() }.parse(MethodKind::SortCode)
    };
    let (_, address) = given("60-16-13", "31926819").expect("account");
    assert_eq!(given("60 16 13", " 3192 6819").map(|(_, address)| address), Ok(address.clone()));
    assert_eq!(address.masked(), "•••••819");
    assert_eq!(address.written(), [(Part::SortCode, "60-16-13".to_owned()), (Part::Account, "31926819".to_owned())]);
    let wrong = given("60-16-1", "319268").map(|_| ());
    assert_eq!(wrong, Err(vec![Fault::SortCodeWrong, Fault::AccountWrong]));
    assert_eq!(given("６０1613", "31926819").map(|_| ()), Err(vec![Fault::SortCodeWrong]));
}

#[test]
fn one_account_is_one_however_it_is_written() {
    let british = Address::SortCode { sort_code: "601613".into(), account: "31926819".into() };
    assert_eq!(iban("GB29 NWBK 6016 1331 9268 19").expect("iban").identity(), british.identity());
    assert_ne!(iban("ES9121000418450200051332").expect("iban").identity(), british.identity());
    assert_eq!(
        Address::PayPal("Ana@Example.org".into()).identity(),
        Address::Wise("ana@example.ORG".into()).identity()
    );
}

#[test]
fn everything_wrong_is_told_at_once() {
    let nothing = Given::default();
    assert_eq!(nothing.parse(MethodKind::Iban).map(|_| ()), Err(vec![Fault::HolderEmpty, Fault::IbanEmpty]));
    assert_eq!(nothing.parse(MethodKind::Wise).map(|_| ()), Err(vec![Fault::HolderEmpty, Fault::EmailEmpty]));
    let long = "x".repeat(LONGEST_HOLDER + 1);
    for holder in [long.as_str(), "Ana\u{7}Ruiz"] {
        let given = Given { holder, email: "ana@example.org", ..Given::default() };
        assert_eq!(given.parse(MethodKind::PayPal).map(|_| ()), Err(vec![Fault::HolderUnfit]));
    }
    let given = Given { holder: "  Ana \t Ruiz ", email: "ana@example.org", ..Given::default() };
    assert_eq!(given.parse(MethodKind::PayPal).map(|(holder, _)| holder).as_deref(), Ok("Ana Ruiz"));
}

#[test]
fn addresses_people_have_are_taken_and_what_is_none_is_refused() {
    for text in ["ana@example.com", " ana.ruiz+paypal@correo.example.es ", "o'neil@sub-domain.example.org"] {
        assert_eq!(email(text), Ok(Address::PayPal(text.trim().to_owned())));
    }
    assert_eq!(email("ana@example.com").map(|address| address.masked()).as_deref(), Ok("a…@example.com"));
    assert_eq!(email("  "), Err(vec![Fault::EmailEmpty]));
    let long = format!("{}@example.com", "a".repeat(65));
    for text in [
        "ana",
        "ana@",
        "@example.com",
        "ana@example",
        "a b@example.com",
        "a@b@example.com",
        "ana@-x.com",
        "ana@x..com",
        &long,
    ] {
        assert_eq!(email(text), Err(vec![Fault::EmailWrong]), "{text}");
    }
}

#[test]
fn an_address_prints_its_mask_alone() {
    let address = iban("ES9121000418450200051332").expect("iban");
    assert_eq!(format!("{address:?}"), "Address(iban ES•• •••• 1332)");
}

proptest! {
    #[test]
    fn what_is_encrypted_is_what_is_read(text in "[a-z]{1,9}@[a-z]{1,9}\\.[a-z]{2}", digits in "[0-9]{14}", with_bic: bool) {
        let bic = with_bic.then(|| "CAIXESBBXXX".to_owned());
        for address in [
            Address::PayPal(text.clone()),
            Address::Wise(text.clone()),
            Address::SortCode { sort_code: digits[..6].into(), account: digits[6..].into() },
            Address::Iban { iban: "ES9121000418450200051332".into(), bic },
        ] {
            let kind = address.kind();
            prop_assert_eq!(Address::from_plain(kind, &address.to_plain()), Some(address));
        }
    }

    #[test]
    fn one_wrong_digit_is_noticed(at in 2_usize..24, digit in 0_u8..10) {
        let right = "ES9121000418450200051332";
        let mut wrong = right.to_owned();
        wrong.replace_range(at..=at, &digit.to_string());
        prop_assert_eq!(iban(&wrong).is_ok(), wrong == right);
    }

    #[test]
    fn nothing_typed_is_too_odd(text in "\\PC{0,60}") {
        let given = Given {
            holder: &text,
            iban: &text,
            bic: &text,
            sort_code: &text,
            account: &text,
            country: "US",
            bank_code: &text,
            email: &text,
        };
        for kind in MethodKind::ALL {
            if let Ok((holder, address)) = given.parse(kind) {
                prop_assert!(!holder.is_empty() && !address.masked().is_empty());
            }
        }
    }
}

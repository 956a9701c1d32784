use super::super::countries::Country;
use super::super::model::{Fees, PostalAddress};
use super::*;
use crate::base::money::Currency;
use chrono::DateTime;
use proptest::prelude::*;

fn dec(text: &str) -> Decimal {
    text.parse().expect("number")
}

fn euro(text: &str) -> Money {
    Money::new(dec(text), Currency::parse("EUR").expect("code"))
}

fn address(country: &str) -> PostalAddress {
    PostalAddress {
        street: "Calle Mayor".into(),
        building: "1".into(),
        post_code: "28013".into(),
        town: "Madrid".into(),
        country: Country::parse(country).expect("country"),
    }
}

/// A Spanish programme with 21 percent of VAT, 15 withheld from persons at home and 24 from strangers, a euro by Wise.
fn policy() -> Policy {
    Policy {
        id: 1,
        valid_from: DateTime::UNIX_EPOCH,
        currency: Currency::parse("EUR").expect("code"),
        terms: Terms {
            legal_name: "Regalos S.L.".into(),
            address: address("ES"),
            tax_number: "ESB12345674".into(),
            invoices: Invoices::SelfBilled,
            waits_for_invoice: false,
            needs_profile: true,
            vat_percent: dec("21"),
            withhold_domestic: dec("15"),
            withhold_foreign: dec("24"),
            fees: Fees { wise: dec("1.00"), ..Fees::default() },
        },
    }
}

fn profile(kind: Kind, country: &str, number: bool, registered: bool) -> Profile {
    Profile {
        id: 1,
        legal_name: "Ana Ruiz".into(),
        kind,
        address: address(country),
        tax_number: number.then(|| "…34Z".to_owned()),
        vat_number: registered.then(|| "…34Z".to_owned()),
        agrees_self_billing: true,
        recorded_at: DateTime::UNIX_EPOCH,
    }
}

/// `treatment vat withheld fee total` of a hundred euro and five cents by Wise.
fn worked(profile: &Profile) -> String {
    let worked = work_out(euro("100.05"), Some(MethodKind::Wise), Some(&policy()), Some(profile)).expect("worked out");
    format!("{} {} {} {} {}", worked.treatment.as_str(), worked.vat, worked.withheld, worked.fee, worked.total)
}

#[test]
fn each_kind_of_partner_is_taxed_as_the_policy_says() {
    use Kind::{Company, Person};
    // 21.0105 and 15.0075, each rounded by itself, half away from zero.
    assert_eq!(worked(&profile(Person, "ES", true, true)), "domestic 21.01 15.01 1.00 105.05");
    assert_eq!(worked(&profile(Person, "ES", true, false)), "none 0.00 15.01 1.00 84.04");
    assert_eq!(worked(&profile(Company, "ES", true, true)), "domestic 21.01 0.00 1.00 120.06");
    assert_eq!(worked(&profile(Company, "DE", true, true)), "reverse_charge 0.00 0.00 1.00 99.05");
    assert_eq!(worked(&profile(Person, "DE", true, false)), "outside_scope 0.00 0.00 1.00 99.05");
    assert_eq!(worked(&profile(Company, "GB", true, true)), "outside_scope 0.00 0.00 1.00 99.05");
    assert_eq!(worked(&profile(Person, "MX", false, false)), "outside_scope 0.00 24.01 1.00 75.04");
}

#[test]
fn a_programme_outside_the_union_reverses_no_charge() {
    let mut policy = policy();
    policy.terms.address = address("GB");
    let german = profile(Kind::Company, "DE", true, true);
    let worked = work_out(euro("10"), None, Some(&policy), Some(&german)).expect("worked out");
    assert_eq!((worked.treatment, worked.total), (Vat::OutsideScope, dec("10")));
}

#[test]
fn without_a_policy_all_of_it_leaves_the_house() {
    let profile = profile(Kind::Person, "ES", true, true);
    assert_eq!(work_out(euro("9.99"), Some(MethodKind::Wise), None, Some(&profile)), Ok(Worked::plain(dec("9.99"))));
}

#[test]
fn what_the_policy_asks_for_has_to_be_there() {
    let asked = |profile: Option<&Profile>| work_out(euro("10"), None, Some(&policy()), profile).map(|_| ());
    let ana = profile(Kind::Person, "ES", true, false);
    assert_eq!(asked(Some(&ana)), Ok(()));
    assert_eq!(asked(None), Err(FormMissing));
    assert_eq!(asked(Some(&Profile { tax_number: None, ..ana.clone() })), Err(FormMissing));
    assert_eq!(asked(Some(&Profile { agrees_self_billing: false, ..ana.clone() })), Err(FormMissing));
    let mut lenient = policy();
    lenient.terms.invoices = Invoices::None;
    lenient.terms.needs_profile = false;
    assert!(!form_missing(&lenient.terms, None));
}

#[test]
fn a_fee_is_taken_in_the_programmes_currency_alone() {
    let german = profile(Kind::Company, "DE", true, true);
    let pounds = Money::new(dec("10"), Currency::parse("GBP").expect("code"));
    let total = |net, method| work_out(net, method, Some(&policy()), Some(&german)).expect("worked out").total;
    assert_eq!(total(pounds, Some(MethodKind::Wise)), dec("10"));
    assert_eq!(total(euro("10"), Some(MethodKind::PayPal)), dec("10"));
    assert_eq!(total(euro("10"), Some(MethodKind::Wise)), dec("9"));
    assert_eq!(total(euro("0.80"), Some(MethodKind::Wise)), dec("-0.20"));
}

const CODES: [&str; 5] = ["EUR", "JPY", "KWD", "CLF", "GBP"];
const PLACES: [&str; 5] = ["ES", "DE", "GR", "GB", "US"];

proptest! {
    #[test]
    fn it_adds_up_in_whole_units(
        units in 1_i64..1_000_000_000, currency in 0..CODES.len(), vat in 0_i64..=1_000_000, home in 0_i64..=1_000_000,
        abroad in 0_i64..=1_000_000, fee in 0_i64..500, place in 0..PLACES.len(), person: bool, number: bool, registered: bool,
    ) {
        let currency = Currency::parse(CODES[currency]).expect("code");
        let net = Money::new(Decimal::new(units, currency.minor_units()), currency);
        let mut policy = Policy { currency, ..policy() };
        policy.terms.vat_percent = Decimal::new(vat, 4);
        policy.terms.withhold_domestic = Decimal::new(home, 4);
        policy.terms.withhold_foreign = Decimal::new(abroad, 4);
        policy.terms.fees.wise = Decimal::new(fee, currency.minor_units());
        let kind = if person { Kind::Person } else { Kind::Company };
        let profile = profile(kind, PLACES[place], number, registered);
        let Ok(worked) = work_out(net, Some(MethodKind::Wise), Some(&policy), Some(&profile)) else {
            prop_assert!(PLACES[place] == "ES" && !number);
            return Ok(());
        };
        prop_assert_eq!(worked.total, worked.net + worked.vat - worked.withheld - worked.fee);
        for part in [worked.net, worked.vat, worked.withheld, worked.fee, worked.total] {
            prop_assert_eq!(currency.round(part), part);
        }
        // Nobody gets more tax than the percent says, but for the rounding of one unit's half.
        let half = Decimal::new(5, currency.minor_units() + 1);
        prop_assert!((worked.vat * Decimal::ONE_HUNDRED - worked.net * worked.vat_percent).abs() <= half * Decimal::ONE_HUNDRED);
        prop_assert!(worked.vat >= Decimal::ZERO && worked.withheld >= Decimal::ZERO && worked.withheld <= worked.net);
        // VAT is for those at home who are registered; strangers and neighbours get none.
        prop_assert_eq!(worked.vat_percent.is_zero() || worked.treatment == Vat::Domestic, true);
        prop_assert_eq!(worked.treatment == Vat::ReverseCharge, registered && ["DE", "GR"].contains(&PLACES[place]));
    }
}

//! The tax of the demonstration: a British programme that writes its partners' invoices, and partners of several kinds.

use super::{Failure, Session};
use app::base::actor::Actor;
use app::base::ids::{PartnerId, ProgrammeId};
use app::base::language::Locale;
use app::base::money::Currency;
use app::tax::store::{NewPolicy, NewProfile, set_policy, set_profile};
use app::tax::typed::{Faults, TypedAddress, TypedProfile, TypedTerms};
use app::tax::words::fault;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Code, legal name, kind, street and number, post code, town, country, tax number, VAT number where there is one. The
/// numbers are made up.
type Row = [&'static str; 10];
const PARTNERS: [Row; 6] = [
    ["balcony-notes", "Nora Lindqvist", "person", "Quay Street", "14", "BS1 4DQ", "Bristol", "GB", "QQ123456C", ""],
    [
        "casa-verde",
        "Casa Verde S.L.",
        "company",
        "Calle del Olivo",
        "3",
        "28012",
        "Madrid",
        "ES",
        "B12345674",
        "B12345674",
    ],
    ["small-plots", "Small Plots", "person", "Mill Lane", "2", "CB1 2AB", "Cambridge", "GB", "QQ654321A", ""],
    [
        "the-seed-list",
        "Seed List LLC",
        "company",
        "Pine Street",
        "701",
        "94108",
        "San Francisco",
        "US",
        "12-3456789",
        "",
    ],
    [
        "urban-orchard",
        "Urban Orchard Ltd",
        "company",
        "Orchard Road",
        "8",
        "M4 1HQ",
        "Manchester",
        "GB",
        "1234567890",
        "GB123456782",
    ],
    [
        "window-herbs",
        "Kräuter am Fenster",
        "person",
        "Lindenstraße",
        "21",
        "10969",
        "Berlin",
        "DE",
        "12 345 678 901",
        "",
    ],
];

/// What the programme asks and takes, and who its partners are.
///
/// # Errors
/// When the database is away.
pub async fn set(session: &Session, programme: ProgrammeId, now: DateTime<Utc>) -> Result<(), Failure> {
    let typed = TypedTerms {
        legal_name: "Greenhouse Ltd",
        address: TypedAddress {
            street: "Glasshouse Street",
            building: "5",
            post_code: "W1B 5DE",
            town: "London",
            country: "GB",
        },
        tax_number: "GB987654321",
        invoices: "self_billed",
        needs_profile: true,
        vat_percent: "20",
        fee_wise: "1.00",
        ..TypedTerms::default()
    };
    let currency = Currency::parse("GBP").map_err(|error| Failure::refused(error.to_string()))?;
    let terms = typed.parse(currency).map_err(misfit)?;
    let mut tx = session.db.begin(&Actor::Command).await?;
    let new = NewPolicy { programme, valid_from: now, terms: &terms, form_key: Uuid::new_v4() };
    set_policy(&mut tx, &Actor::Command, &new, now).await?;
    for [code, legal_name, kind, street, building, post_code, town, country, tax_number, vat_number] in PARTNERS {
        let typed = TypedProfile {
            legal_name,
            kind,
            address: TypedAddress { street, building, post_code, town, country },
            tax_number,
            vat_registered: !vat_number.is_empty(),
            vat_number,
            agrees: true,
        };
        let read = typed.parse(Some(&terms)).map_err(misfit)?;
        let new = NewProfile {
            legal_name: read.legal_name,
            kind: read.kind,
            address: read.address,
            numbers: read.numbers,
            agrees_self_billing: read.agrees,
            form_key: Uuid::new_v4(),
        };
        let partner: PartnerId = app::partners::store::find(&mut tx, programme, code)
            .await?
            .ok_or_else(|| Failure::refused(format!("no partner {code}")))?;
        set_profile(&mut tx, &session.secrets, &Actor::Command, partner, &new, now).await?;
    }
    Ok(tx.commit().await?)
}

fn misfit(faults: Faults) -> Failure {
    let told = faults.into_iter().map(|(field, what)| format!("{field}: {}", fault(Locale::en, what)));
    Failure::refused(told.collect::<Vec<_>>().join(" "))
}

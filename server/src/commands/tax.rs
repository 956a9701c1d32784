//! `programme tax`.

use super::programmes::find;
use super::{Failure, Session, print_json, print_line};
use crate::cli::{InvoiceTerms, TaxTerms};
use app::audit::store::{Change, record};
use app::base::actor::Actor;
use app::base::clock::start_of_day;
use app::base::language::Locale;
use app::payout_methods::store::programme as money_of;
use app::payout_runs::store::programmes;
use app::tax::api::said;
use app::tax::model::Invoices;
use app::tax::store::{NewPolicy, set_policy};
use app::tax::typed::{TypedAddress, TypedTerms};
use app::tax::words::fault;
use serde_json::json;
use uuid::Uuid;

/// Sets a programme's terms of tax from a day on.
///
/// # Errors
/// When there is no such programme, or something does not fit.
pub async fn set(session: &Session, given: &TaxTerms) -> Result<(), Failure> {
    let now = session.clock.now();
    let programme = find(session, &given.programme).await?;
    let mut tx = session.db.begin(&Actor::Command).await?;
    let (currency, _) = money_of(&mut tx, programme).await?;
    let zone = programmes(&mut tx)
        .await?
        .into_iter()
        .find(|home| home.id == programme.0)
        .and_then(|home| home.time_zone.parse().ok())
        .unwrap_or(chrono_tz::UTC);
    let invoices = match given.invoices {
        InvoiceTerms::None => Invoices::None,
        InvoiceTerms::SelfBilled => Invoices::SelfBilled,
        InvoiceTerms::Own => Invoices::Own,
    };
    let typed = TypedTerms {
        legal_name: &given.name,
        address: TypedAddress {
            street: &given.street,
            building: &given.building,
            post_code: &given.post_code,
            town: &given.town,
            country: &given.country,
        },
        tax_number: &given.tax_number,
        invoices: invoices.as_str(),
        waits_for_invoice: given.wait_for_invoice,
        needs_profile: !given.without_data,
        vat_percent: &given.vat,
        withhold_domestic: &given.withhold,
        withhold_foreign: &given.withhold_foreign,
        fee_iban: &given.fee_iban,
        fee_sort_code: &given.fee_sort_code,
        fee_paypal: &given.fee_paypal,
        fee_wise: &given.fee_wise,
    };
    let terms = typed.parse(currency).map_err(|faults| {
        let told = faults.into_iter().map(|(field, what)| format!("{}: {}", option(field), fault(Locale::en, what)));
        Failure::refused(told.collect::<Vec<_>>().join(" "))
    })?;
    let valid_from = given.from.map_or(now, |day| start_of_day(day, zone));
    let new = NewPolicy { programme, valid_from, terms: &terms, form_key: Uuid::new_v4() };
    let id = set_policy(&mut tx, &Actor::Command, &new, now).await?.unwrap_or_default();
    let change = Change {
        action: "tax_policy.set",
        subject: format!("programme/{programme}"),
        after: Some(said(id, &new)),
        ..Change::default()
    };
    record(&mut tx, &Actor::Command, now, "programme-tax", change).await?;
    tx.commit().await?;
    if session.json {
        print_json(&json!({ "tax_policy": id, "valid_from": valid_from }))
    } else {
        print_line(&given.programme)
    }
}

/// A field as the command line names it.
fn option(field: &str) -> String {
    let name = match field {
        "legal_name" => "name",
        "waits_for_invoice" => "wait-for-invoice",
        "needs_profile" => "without-data",
        "vat_percent" => "vat",
        "withhold_domestic" => "withhold",
        other => other,
    };
    format!("--{}", name.replace('_', "-"))
}

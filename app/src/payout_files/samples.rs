//! Orders and accounts for tests: made up, valid, and the same for the same number.

use super::model::{Address, Destination, Header, Holder, Order, Payer};
use super::reference::end_to_end_id;
use chrono::{NaiveDate, TimeZone, Utc};
use rust_decimal::Decimal;

/// The form of what follows country and check digits in an IBAN (SWIFT IBAN registry): so many letters (a), digits (n)
/// or either (c).
const FORMS: [(&str, &str); 43] = [
    ("AD", "8n 12c"),
    ("AL", "8n 16c"),
    ("AT", "16n"),
    ("BE", "12n"),
    ("BG", "4a 6n 8c"),
    ("CH", "5n 12c"),
    ("CY", "8n 16c"),
    ("CZ", "20n"),
    ("DE", "18n"),
    ("DK", "14n"),
    ("EE", "16n"),
    ("ES", "20n"),
    ("FI", "14n"),
    ("FR", "10n 11c 2n"),
    ("GB", "4a 14n"),
    ("GI", "4a 15c"),
    ("GR", "7n 16c"),
    ("HR", "17n"),
    ("HU", "24n"),
    ("IE", "4a 14n"),
    ("IS", "22n"),
    ("IT", "1a 10n 12c"),
    ("LI", "5n 12c"),
    ("LT", "16n"),
    ("LU", "3n 13c"),
    ("LV", "4a 13c"),
    ("MC", "10n 11c 2n"),
    ("MD", "20c"),
    ("ME", "18n"),
    ("MK", "3n 10c 2n"),
    ("MT", "4a 5n 18c"),
    ("NL", "4a 10n"),
    ("NO", "11n"),
    ("PL", "24n"),
    ("PT", "21n"),
    ("RO", "4a 16c"),
    ("RS", "18n"),
    ("SE", "20n"),
    ("SI", "15n"),
    ("SK", "20n"),
    ("SM", "1a 10n 12c"),
    ("TR", "5n 1n 16c"),
    ("VA", "18n"),
];

/// Names that a careless writer would break.
const NAMES: [&str; 8] = [
    "José Núñez & Hijos, S.L.",
    "Łukasz Żółć-Święcicki",
    "Γεώργιος Παπαδόπουλος",
    "Müller <\"Söhne\"> GmbH",
    "Щерьо Жабов",
    "Seán O'Brien",
    "Ærøskøbing A/S // Copenhagen",
    "=HYPERLINK(\"x\")",
];

/// A valid IBAN of a country.
pub(super) fn iban(country: &str, seed: u64) -> String {
    let form = FORMS.iter().find(|(code, _)| *code == country).expect("a known country").1;
    let mut random = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let mut bban = String::new();
    for part in form.split(' ') {
        let (count, kind) = part.split_at(part.len() - 1);
        for _ in 0..count.parse().expect("a count") {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let digit = u32::try_from(random >> 33).expect("31 bits");
            let letter = kind == "a" || (kind == "c" && digit % 5 == 0);
            let range = if letter { digit % 26 + 10 } else { digit % 10 };
            bban.push(char::from_digit(range, 36).expect("below 36").to_ascii_uppercase());
        }
    }
    let remainder = format!("{bban}{country}00").bytes().fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        _ => (sum * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    format!("{country}{:02}{bban}", 98 - remainder)
}

/// The `n`th payment of a run in euro.
pub(super) fn order(n: u32) -> Order {
    let country = ["ES", "PL", "GR", "DE", "FR", "NL", "IE", "IT", "PT", "MT"][n as usize % 10];
    Order {
        end_to_end_id: end_to_end_id(i64::from(n)),
        amount: Decimal::new(i64::from(n % 100_000) + 1, 2),
        currency: "EUR".to_owned(),
        name: NAMES[n as usize % NAMES.len()].to_owned(),
        holder: Some(if n.is_multiple_of(2) { Holder::Business } else { Holder::Person }),
        address: n.is_multiple_of(3).then(|| Address {
            street: Some("Calle de Alcalá".to_owned()),
            building: Some("12 bis".to_owned()),
            post_code: n.is_multiple_of(2).then(|| "28014".to_owned()),
            town: "Kraków".to_owned(),
            country: "ES".to_owned(),
        }),
        to: Destination::Iban {
            iban: iban(country, u64::from(n)),
            bic: n.is_multiple_of(4).then(|| "CAIXESBBXXX".to_owned()),
        },
        remittance: format!("Comisiones de octubre & más {}", end_to_end_id(i64::from(n))),
    }
}

/// The header of the payments 1 to `payments`.
pub(super) fn header(payments: u32) -> Header {
    Header {
        message_id: "RUN-2026-10-EUR".to_owned(),
        created_at: Utc.with_ymd_and_hms(2026, 11, 22, 16, 44, 5).single().expect("a time"),
        pay_day: NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day"),
        payer: Payer {
            name: "Ejemplo Tecnología, S.L.".to_owned(),
            iban: "ES91 2100 0418 4502 0005 1332".to_owned(),
            bic: None,
            address: None,
        },
        currency: "EUR".to_owned(),
        payments: u64::from(payments),
        total: (1..=payments).map(|n| order(n).amount).sum(),
    }
}

/// The cells of a CSV, without its header where it has one.
pub(super) fn rows(bytes: &[u8], has_header: bool) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(has_header)
        .from_reader(bytes)
        .records()
        .map(|row| row.expect("a row").iter().map(str::to_owned).collect())
        .collect()
}

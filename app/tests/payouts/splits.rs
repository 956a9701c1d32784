//! Whole files as the export makes them: valid against the bank's schema, split where a service takes no more, and with
//! the columns that the programme has set.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::people::{done, errors};
use crate::screens::{page, says};
use crate::staff::Office;
use app::base::error::{AppError, constraint};
use app::payout_runs::api::set_wise_header;
use app::payout_runs::export::Format;
use sqlx::PgPool;
use std::path::Path;
use std::process::Command;

/// German accounts with their check digits (ISO 7064 MOD 97-10).
fn iban(n: u32) -> String {
    let bban = format!("37040044{n:010}");
    let number: u128 = format!("{bban}131400").parse().expect("number");
    format!("DE{:02}{bban}", 98 - number % 97)
}

fn lint(schema: &Path, text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pain001.xml");
    std::fs::write(&path, text).expect("a file");
    let found = Command::new("xmllint").args(["--noout", "--schema"]).args([schema, &path]).output();
    let found = found.expect("xmllint (Debian: libxml2-utils)");
    if found.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&found.stderr).into_owned()) }
}

/// A run of so many payouts to IBANs, in the letters of several countries; every second partner has told an address.
async fn exported(pool: PgPool, payouts: u32) -> String {
    const NAMES: [&str; 4] = ["José Muñoz & Hijos", "Łucja Żak", "Γεώργιος Παπαδόπουλος", "<O'Neill> \"Ltd\""];
    let house = CountingHouse::open(pool).await;
    let of = |row: &dyn Fn(u32) -> String| (1..=payouts).map(row).collect::<String>();
    house.import(&of(&|n| format!("E{n},sale,{n},p{n},uk,2011-02-01T10:00:00Z,{n}.25,EUR,\n"))).await;
    let rows = of(&|n| {
        let name = NAMES[n as usize % 4].replace('"', "\"\"");
        format!("p{n},iban,\"{name}\",{},,,,\n", iban(n))
    });
    house.methods(&rows).await;
    house
        .run(
            "INSERT INTO tax_profile (partner_id, legal_name, kind, street, building, post_code, town, country, vat_registered, set_by, recorded_at)
             SELECT partner_id, code, 'person', 'Straße <des> 17. Juni', '135', '10623', CASE WHEN partner_id % 4 = 1 THEN '—' ELSE 'Łódź & Co' END,
                    'PL', false, 'command', '2011-01-02Z'
             FROM partner WHERE partner_id % 2 = 1",
        )
        .await;
    house.release("2011-03-31T00:00:00Z").await;
    let run = house.build(CUTOFF).await.id;
    house.let_go(run).await;
    let made = house.export(run, Format::Pain001).await;
    assert_eq!((made.len(), made[0].payments), (1, i64::from(payouts)));
    house.bytes(&made[0]).await
}

#[sqlx::test(migrations = "../migrations")]
async fn the_file_of_one_payout_is_valid(pool: PgPool) {
    valid(&exported(pool, 1).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_file_of_a_thousand_payouts_is_valid_and_has_the_addresses_that_are_known(pool: PgPool) {
    let text = exported(pool, 1_000).await;
    valid(&text);
    let addresses = text.matches("<PstlAdr>").count();
    assert_eq!(text.matches("<Ctry>PL</Ctry>").count(), addresses);
    assert!(addresses > 0 && addresses < 500, "{addresses}: none for a town that has no letters here");
    assert!(text.contains("<PstCd>10623</PstCd><TwnNm>Lodz"), "{text}");
    assert!(!text.contains("<AdrLine>"));
}

fn valid(text: &str) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/iso20022/pain.001.001.09.xsd");
    if !schema.exists() {
        eprintln!("NOT CHECKED against the schema: {} is not there", schema.display());
        return;
    }
    assert_eq!(lint(&schema, text), Ok(()));
    // A check that finds nothing must be able to find something.
    assert!(lint(&schema, &text.replacen("<Cd>SEPA</Cd>", "<Cd>TOO LONG</Cd>", 1)).is_err());
}

#[sqlx::test(migrations = "../migrations")]
async fn paypal_gets_5_000_rows_a_file_and_wise_1_000(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    let rows: String =
        (1..=6_002).map(|n| format!("E{n},sale,{n},p{n},uk,2011-02-01T10:00:00Z,100.00,GBP,\n")).collect();
    house.import(&rows).await;
    let kind = |n| if n <= 5_001 { "paypal" } else { "wise" };
    let rows: String = (1..=6_002).map(|n| format!("p{n},{},Pat Poe,,,,,p{n}@example.org\n", kind(n))).collect();
    house.methods(&rows).await;
    house.release("2011-03-31T00:00:00Z").await;
    let run = house.build(CUTOFF).await.id;
    house.let_go(run).await;
    for (format, header, expected) in [(Format::PayPal, 0, [5_000, 1]), (Format::Wise, 1, [1_000, 1])] {
        let made = house.export(run, format).await;
        let mut recipients = Vec::new();
        for (file, payments) in made.iter().zip(expected) {
            assert_eq!(file.payments, payments);
            let text = house.bytes(file).await;
            let rows: Vec<_> = text.lines().skip(header).map(str::to_owned).collect();
            assert_eq!(rows.len() as i64, payments);
            recipients.extend(
                rows.iter().filter_map(|row| row.split(',').find(|cell| cell.contains('@'))).map(str::to_owned),
            );
        }
        assert_eq!(made.len(), 2);
        recipients.sort();
        recipients.dedup();
        assert_eq!(recipients.len() as i64, expected.iter().sum::<i64>(), "each is in one file");
    }
    assert_eq!(house.lines("SELECT state, count(*) FROM payout GROUP BY state").await, ["(submitted,6002)"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn wise_files_have_the_columns_of_the_programmes_own_template(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    house
        .import("A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\nB,sale,2,bob,uk,2011-05-01T10:00:00Z,100.00,GBP,\n")
        .await;
    house.methods("ana,wise,Ana Arias,,,,,ana@example.org\nbob,wise,Bob Bain,,,,,bob@example.org\n").await;
    house.release("2011-06-01T00:00:00Z").await;
    let office = Office::open(house).await;
    let run = office.build(CUTOFF).await.id;
    office.let_go(run).await;
    let first = office.export(run, Format::Wise).await;
    let bytes = office.bytes(&first[0]).await;

    let key = || uuid::Uuid::new_v4().to_string();
    let template = "targetCurrency,amount,amountCurrency,recipientEmail,name,internalNote";
    assert!(matches!(set_wise_header(&office.finn(), run, template, &key()).await, Err(AppError::Forbidden)));
    for (pasted, says) in [
        ("name,amount", "There is no column “amountCurrency”."),
        ("amount,amountCurrency,targetCurrency,name", "There is no column “recipientEmail”."),
        (&format!("{template},AMOUNT"), "There are two columns for “amount”."),
        ("=1+1,amount,amountCurrency,targetCurrency,name,recipientEmail", "This is not the header row"),
    ] {
        let refused = errors(set_wise_header(&office.olivia(), run, pasted, &key()).await);
        assert!(refused.get("header").is_some_and(|message| message.contains(says)), "{pasted}: {refused:?}");
    }
    let once = key();
    for _ in 0..2 {
        done(
            set_wise_header(&office.olivia(), run, &format!("{template}\nGBP,1,target,x@example.org,X,\n"), &once)
                .await,
        );
    }
    assert_eq!(office.lines("SELECT header FROM wise_header").await, [format!("(\"{template}\")")]);
    assert_eq!(office.lines("SELECT action FROM audit WHERE action LIKE 'wise%'").await, ["(wise_header.set)"]);
    let sending = format!("/runs/{run}?view=sending");
    says(&page(office.olivia(), &sending).await, &["Olivia Hart set them on", template]);

    let next = office.build("2011-05-31").await.id;
    office.let_go(next).await;
    let made = office.export(next, Format::Wise).await;
    let text = office.bytes(&made[0]).await;
    assert_eq!(text.lines().collect::<Vec<_>>(), [template, "GBP,8.00,target,bob@example.org,Bob Bain,"]);
    // What was made before keeps its bytes, and so does this after the next change.
    done(set_wise_header(&office.henrik(), run, "", &key()).await);
    assert_eq!(office.bytes(&first[0]).await, bytes);
    assert_eq!(office.bytes(&made[0]).await, text);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_columns_of_wise_files_are_an_owners_to_say_past_the_program_too(pool: PgPool) {
    let office = Office::open(CountingHouse::open(pool).await).await;
    let insert = "INSERT INTO wise_header (programme_id, header, set_by, set_at, form_key)
                  SELECT programme_id, $1, person_id, now(), gen_random_uuid() FROM programme, staff s WHERE s.name = $2";
    for (header, name, refused) in [
        ("name", "Finn Fox", "wise_header_by_an_owner"),
        ("name\namount", "Olivia Hart", "wise_header_is_one_row"),
        (" name", "Olivia Hart", "wise_header_is_one_row"),
    ] {
        let error = sqlx::query(insert).bind(header).bind(name).execute(&office.pool).await.expect_err(header);
        assert_eq!(constraint(&error), Some(refused), "{header}");
    }
    sqlx::query(insert).bind("name").bind("Olivia Hart").execute(&office.pool).await.expect("by an owner");
    assert!(sqlx::query("DELETE FROM wise_header").execute(&office.pool).await.is_err());
}

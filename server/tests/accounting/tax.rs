//! VAT, withholding and the cost of sending in both tools: what partners have is what the ledger says, and the tax
//! office's share lies in accounts of its own.

use crate::support::Database;
use crate::tools::{self, Journal, of_partners, owed, sum};
use rust_decimal::Decimal;

const SALES: &str = "event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\n\
    s1,sale,1,ana,uk,2011-01-10T10:00:00Z,1000.00,GBP,\ns2,sale,2,bob,uk,2011-01-10T10:00:00Z,2000.05,GBP,\n";
const METHODS: &str = "partner,kind,holder,iban,bic,sort_code,account,email\n\
    ana,paypal,Ana Abbot,,,,,ana@example.org\nbob,paypal,Bob Bell,,,,,bob@example.org\n";
const TAX: [&str; 26] = [
    "programme",
    "tax",
    "giftware",
    "--name",
    "Giftware Ltd",
    "--street",
    "High Street",
    "--town",
    "London",
    "--country",
    "GB",
    "--tax-number",
    "GB123456782",
    "--invoices",
    "self-billed",
    "--vat",
    "20",
    "--withhold",
    "10",
    "--fee-paypal",
    "0.50",
    "--from",
    "2011-01-01",
    "--withhold-foreign",
    "24",
    "--json",
];
/// Ana is a registered company, Bob a person; both at home. The numbers are sealed for nobody.
const PROFILES: &str = "
    INSERT INTO tax_profile (partner_id, legal_name, kind, street, town, country, tax_number, tax_number_masked, vat_registered, vat_number,
                             vat_number_masked, key_id, agrees_self_billing, set_by, recorded_at)
    SELECT partner_id, code, CASE code WHEN 'ana' THEN 'company' ELSE 'person' END, 'High Street', 'London', 'GB',
           decode(repeat('00', 60), 'hex'), '…1', code = 'ana', CASE code WHEN 'ana' THEN decode(repeat('00', 60), 'hex') END,
           CASE code WHEN 'ana' THEN '…2' END, 1, true, 'command', '2011-01-01Z'
    FROM partner";

#[tokio::test]
async fn the_tax_offices_share_lies_in_accounts_of_its_own() {
    if !tools::are_here() {
        return;
    }
    let database = Database::fresh().await;
    database.ok(&[
        "programme",
        "create",
        "giftware",
        "--currency",
        "GBP",
        "--rate",
        "8",
        "--time-zone",
        "Europe/London",
    ]);
    database.ok(&["offer", "create", "giftware", "uk"]);
    let misfit = database.run(&[&TAX[..14], &["own", "--vat", "200"]].concat());
    let said = String::from_utf8_lossy(&misfit.stderr).into_owned();
    assert!(misfit.status.code() == Some(1) && said.contains("--vat: Write a percentage"), "{said}");
    assert!(database.ok(&TAX).contains("\"tax_policy\":1"));
    let import = ["import", "conversions", "-", "--programme", "giftware", "--create-partners"];
    assert!(database.run_with(&import, SALES).status.success());
    assert!(database.run_with(&["partner", "methods", "giftware", "-"], METHODS).status.success());
    database.ok(&["commissions", "release", "--as-of", "2011-03-01"]);
    sqlx::raw_sql(PROFILES).execute(&database.pool).await.expect("profiles");
    database.ok(&["payouts", "build", "--programme", "giftware", "--cutoff", "2011-03-31"]);
    database.ok(&["payouts", "release", "1"]);
    let file = database.ok(&["payouts", "export", "1", "--format", "paypal"]);
    // 80.00 with 16.00 of VAT, and 160.00 less 16.00; half a pound each for sending it.
    assert!(file.contains("95.50") && file.contains("143.50"), "{file}");
    let reference: i64 =
        sqlx::query_scalar("SELECT min(payout_id) FROM payout").fetch_one(&database.pool).await.expect("payout");
    let name = app::payout_files::end_to_end_id(reference);
    let answer = format!("payout,status,date,reference,code\n{name},paid,2011-04-18,T-1,\n");
    assert!(database.run_with(&["payouts", "settle", "-"], &answer).status.success());
    assert!(database.ok(&["ledger", "verify"]).contains("everything adds up"));

    let expected = owed(&database, &[], "giftware", str::to_owned);
    let found = Journal::export(&database, "hledger", &[]).by_hledger();
    assert_eq!(of_partners(&found), expected);
    let number = |text: &str| text.parse::<Decimal>().expect("number");
    assert_eq!(sum(&found, "Assets:Tax:giftware:Input-VAT", "GBP"), number("16.00"));
    assert_eq!(sum(&found, "Liabilities:Tax:giftware:Withheld", "GBP"), number("-16.00"));
    assert_eq!(sum(&found, "Expenses:Fees:giftware", "GBP"), number("-1.00"));
    let beans = Journal::export(&database, "beancount", &[]).by_beancount();
    let written = |code: &str| format!("X-{code}");
    assert_eq!(of_partners(&beans), owed(&database, &[], "X-giftware", written));
    assert_eq!(sum(&beans, "Assets:Tax:X-giftware:Input-VAT", "GBP"), number("16.00"));
    // A later period opens with what the tax office owes and is owed.
    let later = Journal::export(&database, "hledger", &["--from", "2030-01-01"]).by_hledger();
    assert_eq!(of_partners(&later), expected);
    assert_eq!(sum(&later, "Liabilities:Tax:giftware:Withheld", "GBP"), number("-16.00"));
}

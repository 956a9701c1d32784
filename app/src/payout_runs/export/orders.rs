//! The payments of a file, read a batch at a time.

use super::Sending;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::secrets::{KeyId, Secrets};
use crate::payout_files::model::{Address as PostalAddress, Destination, Holder, Order, WiseRecipient};
use crate::payout_files::{end_to_end_id, pain001};
use crate::payout_methods::address::Address;
use crate::payout_methods::model::MethodKind;
use crate::payout_methods::secrets as methods;

/// Payouts read at once.
const BATCH: i64 = 2_000;

impl Sending<'_> {
    /// The next payments of a file after this payout, each with its number; none after the last.
    pub(super) async fn orders(
        &self,
        tx: &mut Tx,
        secrets: &Secrets,
        file: i64,
        after: i64,
    ) -> Result<Vec<(i64, Order)>, AppError> {
        let rows = sqlx::query!(
            r#"SELECT p.partner_id, p.payout_id, p.total AS "total!", p.currency, m.kind, m.holder_name,
                      m.ciphertext AS "ciphertext!", m.key_id AS "key_id!: KeyId",
                      t.kind AS "holder?", t.street AS "street?", t.building AS "building?", t.post_code AS "post_code?",
                      t.town AS "town?", t.country AS "country?"
               FROM payout_in_file i JOIN payout p USING (partner_id, payout_id) JOIN payout_method m USING (partner_id, payout_method_id)
               LEFT JOIN LATERAL (SELECT * FROM tax_profile x WHERE x.partner_id = p.partner_id ORDER BY x.tax_profile_id DESC LIMIT 1) t ON true
               WHERE i.payout_file_id = $1 AND p.payout_id > $2
               ORDER BY p.payout_id LIMIT $3"#,
            file,
            after,
            BATCH,
        )
        .fetch_all(&mut **tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                let kind = MethodKind::parse(&row.kind)
                    .ok_or_else(|| AppError::Internal("a payout method of no known kind".into()))?;
                let address = methods::open(secrets, row.partner_id.into(), kind, row.key_id, &row.ciphertext)?;
                let name = end_to_end_id(row.payout_id);
                let order = Order {
                    remittance: format!("{} {name}", self.programme_name),
                    end_to_end_id: name,
                    amount: row.total,
                    currency: row.currency,
                    name: row.holder_name,
                    holder: row.holder.map(|kind| if kind == "person" { Holder::Person } else { Holder::Business }),
                    address: row.town.zip(row.country).and_then(|(town, country)| {
                        let address = PostalAddress {
                            street: row.street,
                            building: row.building,
                            post_code: row.post_code,
                            town,
                            country,
                        };
                        // Better none than a file that is refused as a whole for the letters of one town.
                        pain001::carries(&address).then_some(address)
                    }),
                    to: destination(address),
                };
                Ok((row.payout_id, order))
            })
            .collect()
    }
}

fn destination(address: Address) -> Destination {
    match address {
        Address::Iban { iban, bic } => Destination::Iban { iban, bic },
        Address::SortCode { sort_code, account } => Destination::SortCode { sort_code, account },
        Address::BankAccount { country, account, bic, bank_code } => {
            Destination::BankAccount { country, account, bic, bank_code }
        }
        Address::PayPal(email) => Destination::PayPal { email },
        Address::Wise(email) => Destination::Wise(WiseRecipient::Email(email)),
    }
}

//! Programmes with their terms of tax and accounts, and offers.

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use rust_decimal::Decimal;

#[derive(Debug, Subcommand)]
pub enum Programme {
    /// Create a programme with its first terms, in force since ever
    Create {
        /// Short name, unique
        code: String,
        /// ISO 4217
        #[arg(long)]
        currency: String,
        /// Commission in percent of the order
        #[arg(long, default_value = "8")]
        rate: Decimal,
        /// Smallest balance that is paid out
        #[arg(long, default_value = "50")]
        minimum: Decimal,
        /// Days until a commission is payable
        #[arg(long, default_value = "30", value_name = "DAYS")]
        hold_days: u16,
        /// Time zone of its accounting days
        #[arg(long, default_value = "UTC", value_name = "ZONE")]
        time_zone: String,
        /// Percent of revenue that has to remain after commission
        #[arg(long, default_value = "0", value_name = "PERCENT")]
        margin_floor: Decimal,
    },
    /// Name the account that a programme pays from in a currency
    Account(PayerAccount),
    /// Set a programme's terms of tax from a day on: invoices, VAT, withholding, what a payout costs its partner
    Tax(Box<TaxTerms>),
}

/// What a programme asks of its partners for the tax office, and takes off their payouts.
#[derive(Debug, Args)]
pub struct TaxTerms {
    /// Programme code
    pub programme: String,
    /// The programme's own legal name
    #[arg(long)]
    pub name: String,
    /// Its street
    #[arg(long)]
    pub street: String,
    /// Number of its building
    #[arg(long, default_value = "", value_name = "NUMBER")]
    pub building: String,
    /// Its post code
    #[arg(long, default_value = "", value_name = "CODE")]
    pub post_code: String,
    /// Its town
    #[arg(long)]
    pub town: String,
    /// Its country, by ISO 3166, like ES
    #[arg(long)]
    pub country: String,
    /// Its tax number; in the European Union its VAT number
    #[arg(long, value_name = "NUMBER")]
    pub tax_number: String,
    /// Who writes invoices
    #[arg(long, value_enum, default_value = "none")]
    pub invoices: InvoiceTerms,
    /// Pay nothing more while an invoice is missing or refused (with `--invoices own`)
    #[arg(long)]
    pub wait_for_invoice: bool,
    /// Pay also who gave no tax data (without invoices, VAT and withholding)
    #[arg(long)]
    pub without_data: bool,
    /// VAT of registered partners of its own country
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub vat: String,
    /// Withheld from persons of its own country
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub withhold: String,
    /// Withheld from partners elsewhere who gave no tax number
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub withhold_foreign: String,
    /// Taken off a payout to an IBAN, in the programme's currency
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    pub fee_iban: String,
    /// Taken off a payout to a sort code
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    pub fee_sort_code: String,
    /// Taken off a payout by PayPal
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    pub fee_paypal: String,
    /// Taken off a payout by Wise
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    pub fee_wise: String,
    /// First day, in the programme's time zone; payouts that are built before it go by what held before [default: now]
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InvoiceTerms {
    /// Nobody
    None,
    /// The programme, in the partner's name
    SelfBilled,
    /// The partner sends theirs
    Own,
}

#[derive(Debug, Args)]
pub struct PayerAccount {
    /// Programme code
    pub programme: String,
    /// ISO 4217
    #[arg(long)]
    pub currency: String,
    /// The account holder
    #[arg(long)]
    pub name: String,
    /// The account's IBAN
    #[arg(long, required_unless_present = "account")]
    pub iban: Option<String>,
    /// Its bank [default: the bank finds out]
    #[arg(long)]
    pub bic: Option<String>,
    /// For sterling: sort code and account number, NN-NN-NN-NNNNNNNN
    #[arg(long, conflicts_with = "iban")]
    pub account: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Offer {
    /// Create an offer
    Create {
        /// Programme code
        programme: String,
        /// Short name, unique in the programme
        code: String,
        /// Commission in percent of the order [default: the programme's]
        #[arg(long)]
        rate: Option<Decimal>,
        /// Commission per conversion, an amount (leads need one)
        #[arg(long, conflicts_with = "rate", value_name = "AMOUNT")]
        fixed: Option<Decimal>,
        /// What the programme earns itself, in percent of the order [default: not known]
        #[arg(long)]
        revenue: Option<Decimal>,
        /// Commissions wait for an approve event, however long
        #[arg(long)]
        validation: bool,
    },
}

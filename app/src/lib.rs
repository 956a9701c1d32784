//! Partnerdesk: the support portal of an affiliate programme, with payout tracking.
//!
//! One folder per feature, and the same rooms in each: `model` (nouns), `rules` (sums and transitions, pure),
//! `store` (SQL), `api` (what changes something), `page` (screens, server only), `islands` (what is interactive).
//! The crate is compiled twice: with `ssr` for the server, with `hydrate` for the browser, which gets islands alone.

pub mod account;
#[cfg(feature = "ssr")]
pub mod advertiser;
#[cfg(feature = "ssr")]
pub mod agreement;
#[cfg(feature = "ssr")]
pub mod appeals;
pub mod approvals;
pub mod audit;
#[cfg(feature = "ssr")]
pub mod authority;
pub mod base;
#[cfg(feature = "ssr")]
pub mod bulletins;
#[cfg(feature = "ssr")]
pub mod channels;
#[cfg(feature = "ssr")]
pub mod clocks;
pub mod commissions;
#[cfg(feature = "ssr")]
pub mod complaints;
#[cfg(feature = "ssr")]
pub mod contests;
#[cfg(feature = "ssr")]
pub mod corrections;
#[cfg(feature = "ssr")]
pub mod desk;
#[cfg(feature = "ssr")]
pub mod digest;
#[cfg(feature = "ssr")]
pub mod disputes;
pub mod earnings;
#[cfg(feature = "ssr")]
pub mod escalations;
#[cfg(feature = "ssr")]
pub mod figures;
#[cfg(feature = "ssr")]
pub mod funds;
#[cfg(feature = "ssr")]
pub mod given_away;
#[cfg(feature = "ssr")]
pub mod help;
#[cfg(feature = "ssr")]
pub mod imports;
#[cfg(feature = "ssr")]
pub mod inbox;
#[cfg(feature = "ssr")]
pub mod incidents;
#[cfg(feature = "ssr")]
pub mod invoices;
#[cfg(feature = "ssr")]
pub mod ledger;
#[cfg(feature = "ssr")]
pub mod links;
pub mod live;
#[cfg(feature = "ssr")]
pub mod macros;
#[cfg(feature = "ssr")]
pub mod mail;
#[cfg(feature = "ssr")]
pub mod mentions;
#[cfg(feature = "ssr")]
pub mod notices;
#[cfg(feature = "ssr")]
pub mod outcomes;
#[cfg(feature = "ssr")]
pub mod partners;
pub mod paths;
#[cfg(feature = "ssr")]
pub mod payout_files;
pub mod payout_methods;
#[cfg(feature = "ssr")]
pub mod payout_runs;
pub mod payouts;
#[cfg(feature = "ssr")]
pub mod practice;
#[cfg(feature = "ssr")]
pub mod programmes;
#[cfg(feature = "ssr")]
pub mod promo;
#[cfg(feature = "ssr")]
pub mod provisional;
#[cfg(feature = "ssr")]
pub mod ratings;
#[cfg(feature = "ssr")]
pub mod reveals;
#[cfg(feature = "ssr")]
pub mod rota;
#[cfg(feature = "ssr")]
pub mod search;
#[cfg(feature = "ssr")]
pub mod settlement;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod sign_in;
#[cfg(feature = "ssr")]
pub mod silence;
#[cfg(feature = "ssr")]
pub mod similar;
#[cfg(feature = "ssr")]
pub mod staff;
#[cfg(feature = "ssr")]
pub mod statements;
#[cfg(feature = "ssr")]
pub mod tax;
pub mod terms;
pub mod ui;
#[cfg(feature = "ssr")]
pub mod views;
pub mod work;

#[cfg(feature = "ssr")]
#[allow(missing_docs, clippy::all, rust_2018_idioms)]
mod languages {
    include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));
}

/// Wakes the islands of a page. Called by the script in the document's head.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}

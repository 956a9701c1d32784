//! Wrong states can't be written: each is tried in SQL, past the application, and the database refuses it by name.
#![cfg(feature = "ssr")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod seed;

#[path = "wrong_states/access.rs"]
mod access;
#[path = "wrong_states/agreement.rs"]
mod agreement;
#[path = "wrong_states/appeals.rs"]
mod appeals;
#[path = "wrong_states/cases.rs"]
mod cases;
#[path = "wrong_states/channels.rs"]
mod channels;
#[path = "wrong_states/clocks.rs"]
mod clocks;
#[path = "wrong_states/contests.rs"]
mod contests;
#[path = "wrong_states/corrections.rs"]
mod corrections;
#[path = "wrong_states/digest.rs"]
mod digest;
#[path = "wrong_states/ends.rs"]
mod ends;
#[path = "wrong_states/enquiries.rs"]
mod enquiries;
#[path = "wrong_states/funds.rs"]
mod funds;
#[path = "wrong_states/help.rs"]
mod help;
#[path = "wrong_states/late.rs"]
mod late;
#[path = "wrong_states/live.rs"]
mod live;
#[path = "wrong_states/mail.rs"]
mod mail;
#[path = "wrong_states/mail_in.rs"]
mod mail_in;
#[path = "wrong_states/methods.rs"]
mod methods;
#[path = "wrong_states/money.rs"]
mod money;
#[path = "wrong_states/months.rs"]
mod months;
#[path = "wrong_states/notices.rs"]
mod notices;
#[path = "wrong_states/payouts.rs"]
mod payouts;
#[path = "wrong_states/people.rs"]
mod people;
#[path = "wrong_states/promo.rs"]
mod promo;
#[path = "wrong_states/promo_money.rs"]
mod promo_money;
#[path = "wrong_states/provisional.rs"]
mod provisional;
#[path = "wrong_states/rate_rules.rs"]
mod rate_rules;
#[path = "wrong_states/rates_with_an_end.rs"]
mod rates_with_an_end;
#[path = "wrong_states/run_work.rs"]
mod run_work;
#[path = "wrong_states/saved_views.rs"]
mod saved_views;
#[path = "wrong_states/taxes.rs"]
mod taxes;
#[path = "wrong_states/terms.rs"]
mod terms;
#[path = "wrong_states/waits.rs"]
mod waits;
#[path = "wrong_states/work.rs"]
mod work;

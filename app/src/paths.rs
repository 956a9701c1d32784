//! Every address of the product, typed, in one place. Who may ask for them stands in `base::access`.

use crate::base::ids::{
    AttachmentId, CaseId, ContestId, ConversionId, CorrectionId, EnquiryId, MacroId, MailInId, PayoutFileId, PayoutId,
    PayoutRunId, PromoGrantId, ProposalId, TermsVersionId,
};
#[cfg(feature = "ssr")]
use crate::invoices::model::Kind as InvoiceKind;
use crate::payout_methods::model::MethodKind;
use chrono::NaiveDate;

/// Sign-in.
pub const SIGN_IN: &str = "/sign-in";
/// A partner's money line and payouts.
pub const PAYOUTS: &str = "/payouts";
/// A partner's earnings.
pub const EARNINGS: &str = "/earnings";
/// A partner's terms.
pub const TERMS: &str = "/terms";
/// A partner's disputes.
pub const DISPUTES: &str = "/disputes";
/// A partner's account: payout method, language.
pub const ACCOUNT: &str = "/account";
/// A partner's tax data.
pub const TAX_DATA: &str = "/account/tax";
/// The queue.
pub const DESK: &str = "/desk";
/// How new cases are given out.
pub const TURNS: &str = "/turns";
/// Writing down a call or chat of a partner without a case.
pub const LOG: &str = "/desk/log";
/// What went wrong for many at once.
pub const INCIDENTS: &str = "/incidents";
/// What partners say of us elsewhere.
pub const COMPLAINTS: &str = "/complaints";
/// Cases to practise on.
pub const PRACTICE: &str = "/practice";
/// Cases by what was said in them.
pub const SEARCH: &str = "/search";
/// Saved views of the queue.
pub const VIEWS: &str = "/views";
/// How somebody of staff wants their desk.
pub const MY_DESK: &str = "/my-desk";
/// Proposals, waiting and decided.
pub const APPROVALS: &str = "/approvals";
/// Rates of the past that are put right.
pub const CORRECTIONS: &str = "/corrections";
/// What everybody may do alone, the floors of the margin, and what a decrease needs.
pub const AUTHORITY: &str = "/authority";
/// A week of the house, for owners.
pub const DIGEST: &str = "/digest";
/// Promo packages, their budgets and who was granted them.
pub const PROMOTIONS: &str = "/promotions";
/// Forecast against outcome.
pub const OUTCOMES: &str = "/outcomes";
/// What partners ask of their terms.
pub const TERMS_REQUESTS: &str = "/requests";
/// Who is at the desk when.
pub const ROTA: &str = "/rota";
/// What the desk reports of itself.
pub const FIGURES: &str = "/figures";
/// Payout runs.
pub const RUNS: &str = "/runs";
/// What lies on the account that payouts are paid from.
pub const FUNDS: &str = "/funds";
/// What each month began with, what moved, what was owed at its end.
pub const BOOKS: &str = "/books";
/// A month as a journal of hledger.
pub const BOOKS_HLEDGER: &str = "/books/hledger.journal";
/// A month as a journal of Beancount.
pub const BOOKS_BEANCOUNT: &str = "/books/journal.beancount";
/// Mail out.
pub const MAIL: &str = "/mail";
/// Tax and invoices.
pub const TAX: &str = "/tax";
/// What the programme contests.
pub const CONTESTS: &str = "/contests";
/// Claims that are put to advertisers.
pub const ENQUIRIES: &str = "/enquiries";
/// Cases that are put to leads and owners.
pub const ESCALATIONS: &str = "/escalations";
/// What may be credited provisionally, and what silence decides.
pub const LIMITS: &str = "/limits";
/// What banks and payment services answered.
pub const ANSWERS: &str = "/answers";
/// Mails that wait for a person.
pub const QUARANTINE: &str = "/quarantine";
/// Help articles, and what staff keep beside them.
pub const HELP: &str = "/help";
/// Texts that staff send often.
pub const MACROS: &str = "/macros";
/// Where articles and macros lead.
pub const LINKS: &str = "/links";
/// Notes that name the reader.
pub const MENTIONS: &str = "/mentions";
/// The record of changes.
pub const RECORD: &str = "/record";

/// The sheet that accepts an invitation.
pub fn join(token: &str) -> String {
    format!("/join/{token}")
}

/// The digest of the week that begins on a day.
pub fn digest(monday: NaiveDate) -> String {
    format!("{DIGEST}?week={monday}")
}

/// Where its mail is turned off.
pub fn digest_mail() -> String {
    format!("{DIGEST}#mail")
}

/// One enquiry.
pub fn enquiry(id: EnquiryId) -> String {
    format!("{ENQUIRIES}/{id}")
}

/// One enquiry, with what one of its answers says.
pub fn enquiry_answer(id: EnquiryId, nth: i32) -> String {
    format!("{ENQUIRIES}/{id}?answer={nth}")
}

/// The file of an enquiry for its advertiser.
pub fn enquiry_file(id: EnquiryId) -> String {
    format!("{ENQUIRIES}/{id}/claims.csv")
}

/// Where a case is rated from a mail.
pub fn rate(token: &str) -> String {
    format!("/rate/{token}")
}

/// One payout, as its partner sees it.
pub fn payout(id: PayoutId) -> String {
    format!("{PAYOUTS}/{id}")
}

/// A payout's statement, `pdf` or `csv`.
pub fn statement(id: PayoutId, extension: &str) -> String {
    format!("{PAYOUTS}/{id}/statement.{extension}")
}

/// An invoice or credit note of a payout, for its partner.
#[cfg(feature = "ssr")]
pub fn invoice(id: PayoutId, kind: InvoiceKind, turn: i32) -> String {
    format!("{PAYOUTS}/{id}/{}", invoice_file(kind, turn))
}

/// What its partner sent last for a payout.
pub fn sent_invoice(id: PayoutId) -> String {
    format!("{PAYOUTS}/{id}/sent-invoice.pdf")
}

#[cfg(feature = "ssr")]
fn invoice_file(kind: InvoiceKind, turn: i32) -> String {
    let file = match kind {
        InvoiceKind::Invoice => "invoice.pdf",
        InvoiceKind::CreditNote => "credit-note.pdf",
    };
    if turn == 1 { file.to_owned() } else { format!("{file}?turn={turn}") }
}

/// One commission, explained.
pub fn commission(id: ConversionId) -> String {
    format!("{EARNINGS}/{id}")
}

/// The form that makes one kind of payout method the one.
pub fn payout_method(kind: MethodKind) -> String {
    format!("{ACCOUNT}/method/{}", kind.as_str())
}

/// The sheet that confirms a payout method, by the link that was mailed.
pub fn confirm_method(token: &str) -> String {
    format!("{ACCOUNT}/confirm/{token}")
}

/// A path as it may be logged: what stands after these is a secret.
pub fn for_the_log(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or_default();
    match () {
        () if path.starts_with("/join/") => "/join/…",
        () if path.starts_with("/account/confirm/") => "/account/confirm/…",
        () if path.starts_with("/rate/") => "/rate/…",
        () => path,
    }
}

/// One version of the terms, in their history.
pub fn terms_version(id: TermsVersionId) -> String {
    format!("{TERMS}#v{id}")
}

/// The form that opens a dispute about a conversion.
pub fn dispute_conversion(id: ConversionId) -> String {
    format!("{DISPUTES}/new?conversion={id}")
}

/// The form that opens a dispute about a payout.
pub fn dispute_payout(id: PayoutId) -> String {
    format!("{DISPUTES}/new?payout={id}")
}

/// The form that opens a dispute about a version of terms.
pub fn dispute_terms(id: TermsVersionId) -> String {
    format!("{DISPUTES}/new?terms={id}")
}

/// One dispute, as its partner sees it.
pub fn dispute(id: CaseId) -> String {
    format!("{DISPUTES}/{id}")
}

/// One case, as staff see it.
pub fn case(id: CaseId) -> String {
    format!("{DESK}/{id}")
}

/// One incident.
pub fn incident(id: i64) -> String {
    format!("{INCIDENTS}/{id}")
}

/// One case to practise on.
pub fn practice(id: i64) -> String {
    format!("{PRACTICE}/{id}")
}

/// A programme's books of one month.
#[cfg(feature = "ssr")]
pub fn books(programme: &str, month: crate::ledger::close::Month) -> String {
    format!("{BOOKS}?programme={}&month={month}", crate::ui::query::encode(programme))
}

/// One contest.
pub fn contest(id: ContestId) -> String {
    format!("{CONTESTS}/{id}")
}

/// The form that contests an order's commission.
#[cfg(feature = "ssr")]
pub fn contest_order(programme: &str, order: &str) -> String {
    let encode = crate::ui::query::encode;
    format!("{CONTESTS}?programme={}&order={}#form", encode(programme), encode(order))
}

/// One mail that waits.
pub fn quarantined(id: MailInId) -> String {
    format!("{QUARANTINE}/{id}")
}

/// A mail as it arrived.
pub fn original(id: MailInId) -> String {
    format!("/mails/{id}/original")
}

/// A file in a message.
pub fn file(id: AttachmentId) -> String {
    format!("/files/{id}")
}

/// One help article, by its name.
pub fn article(slug: &str) -> String {
    format!("{HELP}/{slug}")
}

/// The form for an article's next version in a language; for a new one, without its name.
#[cfg(feature = "ssr")]
pub fn write_article(slug: Option<&str>, language: &str) -> String {
    match slug {
        Some(slug) => format!("{HELP}/write?article={}&language={language}", crate::ui::query::encode(slug)),
        None => format!("{HELP}/write?language={language}"),
    }
}

/// One macro.
pub fn macro_page(id: MacroId) -> String {
    format!("{MACROS}/{id}")
}

/// One thing that a partner asks of their terms.
pub fn terms_request(id: i64) -> String {
    format!("{TERMS_REQUESTS}/{id}")
}

/// A package for one partner.
pub fn promotion(id: PromoGrantId) -> String {
    format!("{PROMOTIONS}/{id}")
}

/// One proposal.
pub fn proposal(id: ProposalId) -> String {
    format!("{APPROVALS}/{id}")
}

/// One correction, as the house reads it.
pub fn correction(id: CorrectionId) -> String {
    format!("{CORRECTIONS}/{id}")
}

/// One correction, as its partner reads it.
pub fn own_correction(id: CorrectionId) -> String {
    format!("{TERMS}/corrections/{id}")
}

/// One payout run.
pub fn run(id: PayoutRunId) -> String {
    format!("{RUNS}/{id}")
}

/// One view of a payout run: `payouts`, `unpaid` or `sending`.
pub fn run_view(id: PayoutRunId, view: &str) -> String {
    format!("{RUNS}/{id}?view={view}")
}

/// One payout, as staff see it.
pub fn run_payout(run: PayoutRunId, payout: PayoutId) -> String {
    format!("{RUNS}/{run}/payouts/{payout}")
}

/// An invoice or credit note of a payout, for staff.
#[cfg(feature = "ssr")]
pub fn run_invoice(run: PayoutRunId, payout: PayoutId, kind: InvoiceKind, turn: i32) -> String {
    format!("{}/{}", run_payout(run, payout), invoice_file(kind, turn))
}

/// What its partner sent last for a payout, for staff.
pub fn run_sent_invoice(run: PayoutRunId, payout: PayoutId) -> String {
    format!("{}/sent-invoice.pdf", run_payout(run, payout))
}

/// A programme's tax policy, and the invoices that wait.
pub fn tax(programme: &str) -> String {
    format!("{TAX}?programme={programme}")
}

/// A file for the bank.
pub fn run_file(id: PayoutFileId) -> String {
    format!("{RUNS}/files/{id}")
}

/// What one answer did.
pub fn answer(file: i64) -> String {
    format!("{ANSWERS}?file={file}")
}

/// A line of an answer that waits for a person.
pub fn answer_line(file: i64, line: i64) -> String {
    format!("{ANSWERS}/{file}/{line}")
}

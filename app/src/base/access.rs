//! Who may ask for what: every page, server function and file of the product, in one table.
//!
//! The server asks this table before anything else answers; what is not listed is not found. A test holds it
//! against every route and server function there is.

use super::actor::{Actor, Role};

/// Who may use a route. On whose data is a second question, answered in SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Anyone,
    /// Everybody who is signed in.
    SignedIn,
    /// Everybody who is signed in and may write something: members, and staff but for auditors.
    Writers,
    /// Members of a partner account.
    Members,
    /// Members, and staff who may change things: whoever may say something.
    Speaking,
    /// Staff of every role.
    House,
    /// Staff who solve cases: agents, leads, owners.
    Desk,
    /// Staff who lead the desk: leads and owners.
    Leads,
    /// The desk, and auditors, who read.
    Figures,
    /// Staff who may see a whole payout method, with a reason: agents, leads, finance, owners.
    Reveals,
    /// Owners.
    Owners,
    /// Owners, and auditors, who read everything and change nothing.
    Record,
    /// Staff who build, send and settle payout runs: finance and owners.
    Paying,
    /// The same, and auditors, who read.
    Counting,
}

impl Who {
    /// Whether this actor is meant.
    pub fn includes(self, actor: &Actor) -> bool {
        match (self, actor) {
            (Self::Anyone, _) => true,
            (_, Actor::Anonymous) => false,
            (_, Actor::Command | Actor::Job) => true,
            (Self::SignedIn, _) => true,
            (Self::Writers, actor) if actor.member().is_some() => true,
            (Self::Members, actor) => actor.member().is_some(),
            (Self::Speaking, Actor::Member(_)) => true,
            (who, actor) => actor.staff().is_some_and(|staff| who.includes_role(staff.role)),
        }
    }

    fn includes_role(self, role: Role) -> bool {
        match self {
            Self::House => true,
            Self::Desk => matches!(role, Role::Agent | Role::Lead | Role::Owner),
            Self::Leads => matches!(role, Role::Lead | Role::Owner),
            Self::Figures => role != Role::Finance,
            Self::Reveals | Self::Speaking | Self::Writers => role != Role::Auditor,
            Self::Owners => role == Role::Owner,
            Self::Record => matches!(role, Role::Owner | Role::Auditor),
            Self::Paying => matches!(role, Role::Finance | Role::Owner),
            Self::Counting => matches!(role, Role::Finance | Role::Owner | Role::Auditor),
            Self::Anyone | Self::SignedIn | Self::Members => false,
        }
    }
}

/// One route: method, path with `{name}` for what varies, and who may use it.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path; `{rest}` at its end stands for any number of segments where the route serves files.
    pub path: &'static str,
    /// Who may use it.
    pub who: Who,
}

const fn get(path: &'static str, who: Who) -> Route {
    Route { method: "GET", path, who }
}

const fn post(path: &'static str, who: Who) -> Route {
    Route { method: "POST", path, who }
}

/// The table.
pub const ROUTES: &[Route] = &[
    // The process
    get("/healthz", Who::Anyone),
    get("/pkg/{rest}", Who::Anyone),
    get("/favicon.svg", Who::Anyone),
    // Sign-in
    get("/", Who::Anyone),
    get("/sign-in", Who::Anyone),
    get("/join/{token}", Who::Anyone),
    post("/do/sign-in", Who::Anyone),
    post("/do/join", Who::Anyone),
    get("/rate/{token}", Who::Anyone),
    post("/do/rate-by-link", Who::Anyone),
    post("/do/preferences", Who::Anyone),
    post("/do/sign-out", Who::SignedIn),
    // What open pages are told
    get("/live", Who::SignedIn),
    get("/live/since", Who::SignedIn),
    post("/do/keep-draft", Who::Writers),
    post("/do/writing", Who::Desk),
    get("/my-desk", Who::House),
    post("/do/set-desk", Who::Desk),
    // Partners
    get("/payouts", Who::Members),
    get("/payouts/{payout}", Who::Members),
    get("/payouts/{payout}/statement.pdf", Who::Members),
    get("/payouts/{payout}/statement.csv", Who::Members),
    get("/payouts/{payout}/invoice.pdf", Who::Members),
    get("/payouts/{payout}/credit-note.pdf", Who::Members),
    get("/payouts/{payout}/sent-invoice.pdf", Who::Members),
    get("/earnings", Who::Members),
    get("/earnings/{conversion}", Who::Members),
    get("/terms", Who::Members),
    get("/terms/corrections/{correction}", Who::Members),
    get("/disputes", Who::Members),
    get("/disputes/new", Who::Members),
    get("/disputes/{case}", Who::Members),
    get("/account", Who::Members),
    get("/account/method/{kind}", Who::Members),
    get("/account/confirm/{token}", Who::Members),
    get("/account/tax", Who::Members),
    post("/do/answer-counter", Who::Members),
    post("/do/answer-change", Who::Members),
    post("/do/ask-terms", Who::Members),
    post("/do/open-dispute", Who::Members),
    post("/do/answer-dispute", Who::Members),
    post("/do/appeal", Who::Members),
    post("/do/rate-case", Who::Members),
    post("/do/set-payout-method", Who::Members),
    post("/do/confirm-payout-method", Who::Members),
    post("/do/cancel-payout-method", Who::Members),
    post("/do/mail-confirmation-again", Who::Members),
    get("/files/{file}", Who::SignedIn),
    post("/do/set-tax-profile", Who::Members),
    post("/do/send-invoice", Who::Members),
    // Staff
    get("/quarantine", Who::House),
    get("/quarantine/{mail}", Who::House),
    get("/mails/{mail}/original", Who::Desk),
    post("/do/place-mail", Who::Desk),
    post("/do/address-works", Who::Desk),
    get("/desk", Who::House),
    get("/desk/log", Who::Desk),
    post("/do/log-message", Who::Desk),
    get("/search", Who::House),
    get("/views", Who::House),
    post("/do/save-view", Who::Desk),
    post("/do/rename-view", Who::Desk),
    post("/do/move-view", Who::Desk),
    post("/do/delete-view", Who::Desk),
    get("/desk/{case}", Who::House),
    post("/do/decide-appeal", Who::Desk),
    get("/escalations", Who::House),
    post("/do/escalate", Who::Desk),
    post("/do/send-back", Who::Leads),
    post("/do/know-ran-out", Who::Leads),
    post("/do/credit-provisionally", Who::Desk),
    get("/limits", Who::House),
    post("/do/set-provisional-policy", Who::Owners),
    post("/do/set-silence-policy", Who::Owners),
    get("/requests", Who::House),
    get("/requests/{request}", Who::House),
    post("/do/decline-request", Who::Desk),
    get("/authority", Who::House),
    post("/do/set-authority", Who::Owners),
    post("/do/set-floor", Who::Owners),
    post("/do/set-decrease-policy", Who::Owners),
    get("/enquiries", Who::House),
    get("/enquiries/{enquiry}", Who::House),
    get("/enquiries/{enquiry}/claims.csv", Who::Desk),
    post("/do/ask-advertiser", Who::Desk),
    post("/do/read-enquiry-answer", Who::Desk),
    post("/do/take-enquiry-answer", Who::Desk),
    post("/do/tell-enquiry", Who::Desk),
    post("/do/remind-advertiser", Who::Desk),
    get("/incidents", Who::House),
    get("/incidents/{incident}", Who::House),
    post("/do/open-incident", Who::Desk),
    post("/do/update-incident", Who::Desk),
    post("/do/put-into-incident", Who::Desk),
    post("/do/take-out-of-incident", Who::Desk),
    post("/do/set-bulletin-policy", Who::Leads),
    get("/complaints", Who::House),
    post("/do/log-complaint", Who::Desk),
    post("/do/end-complaint", Who::Desk),
    post("/do/give-away", Who::Desk),
    get("/practice", Who::Desk),
    get("/practice/{practice}", Who::Desk),
    post("/do/make-practice", Who::Leads),
    post("/do/withdraw-practice", Who::Leads),
    post("/do/try-practice", Who::Desk),
    post("/do/mark-practice", Who::Leads),
    post("/do/set-practice-policy", Who::Leads),
    get("/contests", Who::House),
    get("/contests/{contest}", Who::House),
    post("/do/contest", Who::Desk),
    post("/do/end-contest", Who::Desk),
    post("/do/take-case", Who::Desk),
    post("/do/reply", Who::Desk),
    post("/do/note", Who::Desk),
    post("/do/needs-no-answer", Who::Desk),
    post("/do/decide-case", Who::Desk),
    post("/do/close-case", Who::Desk),
    post("/do/review-partner", Who::Desk),
    post("/do/end-review", Who::Desk),
    post("/do/lower-minimum", Who::Desk),
    post("/do/propose-rate", Who::Desk),
    post("/do/propose-correction", Who::Desk),
    post("/do/propose-schedule", Who::Desk),
    post("/do/reveal-payout-method", Who::Reveals),
    get("/mail", Who::Leads),
    post("/do/send-mail-again", Who::Leads),
    post("/do/reveal-tax-number", Who::Reveals),
    get("/rota", Who::House),
    get("/figures", Who::Figures),
    post("/do/add-shift", Who::Leads),
    post("/do/end-shift", Who::Leads),
    post("/do/add-holiday", Who::Leads),
    post("/do/add-exception", Who::Leads),
    post("/do/withdraw-rota", Who::Leads),
    post("/do/set-desk-hours", Who::Leads),
    post("/do/set-clock-policy", Who::Leads),
    post("/do/hand-over", Who::Desk),
    // Work on the queue
    get("/turns", Who::House),
    post("/do/set-turns", Who::Leads),
    post("/do/set-case-limit", Who::Leads),
    post("/do/assign-case", Who::Desk),
    post("/do/snooze-case", Who::Desk),
    post("/do/wake-case", Who::Desk),
    post("/do/merge-case", Who::Desk),
    post("/do/link-case", Who::Desk),
    post("/do/bulk-cases", Who::Desk),
    post("/do/undo-step", Who::Desk),
    post("/do/set-keys", Who::Desk),
    // Help, and what staff keep beside it
    get("/help", Who::SignedIn),
    get("/help/write", Who::Leads),
    get("/help/{article}", Who::SignedIn),
    post("/do/write-article", Who::Leads),
    post("/do/publish-article", Who::Leads),
    post("/do/retire-article", Who::Leads),
    post("/do/rate-article", Who::Speaking),
    post("/do/insert-article", Who::Desk),
    post("/do/dismiss-first-steps", Who::Members),
    get("/macros", Who::House),
    get("/macros/{macro}", Who::House),
    post("/do/write-macro", Who::Desk),
    post("/do/retire-macro", Who::Desk),
    post("/do/use-macro", Who::Desk),
    get("/links", Who::House),
    post("/do/check-link", Who::Desk),
    get("/mentions", Who::Desk),
    post("/do/open-mention", Who::Desk),
    // Owners
    get("/approvals", Who::Record),
    get("/approvals/{proposal}", Who::Record),
    get("/corrections", Who::Record),
    get("/corrections/{correction}", Who::Record),
    post("/do/decide-correction", Who::Owners),
    post("/do/decide-proposal", Who::Owners),
    post("/do/stop-change", Who::Owners),
    get("/digest", Who::Record),
    post("/do/set-digest-mail", Who::Owners),
    get("/outcomes", Who::Record),
    get("/promotions", Who::Record),
    get("/promotions/{grant}", Who::Record),
    post("/do/set-promo-budget", Who::Owners),
    post("/do/add-promo-package", Who::Owners),
    post("/do/decide-promo", Who::Owners),
    post("/do/propose-promo", Who::Desk),
    get("/record", Who::Record),
    // Payout runs
    get("/runs", Who::Counting),
    get("/runs/{run}", Who::Counting),
    get("/runs/{run}/payouts/{payout}", Who::Counting),
    get("/runs/{run}/payouts/{payout}/invoice.pdf", Who::Counting),
    get("/runs/{run}/payouts/{payout}/credit-note.pdf", Who::Counting),
    get("/runs/{run}/payouts/{payout}/sent-invoice.pdf", Who::Counting),
    get("/runs/files/{file}", Who::Paying),
    get("/answers", Who::Counting),
    get("/answers/{file}/{line}", Who::Counting),
    get("/funds", Who::Counting),
    post("/do/book-funds", Who::Paying),
    get("/books", Who::Counting),
    get("/books/hledger.journal", Who::Counting),
    get("/books/journal.beancount", Who::Counting),
    post("/do/close-month", Who::Paying),
    post("/do/build-run", Who::Paying),
    post("/do/pay-off-cycle", Who::Paying),
    post("/do/release-run", Who::Owners),
    post("/do/cancel-run", Who::Paying),
    post("/do/step-payout", Who::Paying),
    post("/do/delay-run", Who::Paying),
    post("/do/make-files", Who::Paying),
    post("/do/set-wise-header", Who::Owners),
    post("/do/withdraw-file", Who::Owners),
    post("/do/read-answer", Who::Paying),
    post("/do/settle-line", Who::Paying),
    // Tax and invoices
    get("/tax", Who::Counting),
    post("/do/set-tax-policy", Who::Owners),
    post("/do/judge-invoice", Who::Paying),
];

/// The route that answers a path, if the table has one.
pub fn find(method: &str, path: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    // A fixed segment is more exact than a placeholder, so `/disputes/new` comes before `/disputes/{case}`.
    ROUTES
        .iter()
        .filter(|route| route.method == method && matches(route.path, path))
        .min_by_key(|route| route.path.matches('{').count())
}

fn matches(pattern: &str, path: &str) -> bool {
    if let Some(prefix) = pattern.strip_suffix("{rest}") {
        return path.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty());
    }
    let mut wanted = pattern.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_finds_its_most_exact_route() {
        assert_eq!(find("GET", "/disputes/new").map(|r| r.path), Some("/disputes/new"));
        assert_eq!(find("GET", "/disputes/7").map(|r| r.path), Some("/disputes/{case}"));
        assert_eq!(find("GET", "/pkg/a/b.css").map(|r| r.path), Some("/pkg/{rest}"));
        assert!(find("POST", "/disputes/7").is_none());
        assert!(find("GET", "/disputes/7/8").is_none());
        assert!(find("GET", "/pkg/").is_none());
    }

    #[test]
    fn an_auditor_reads_and_changes_nothing() {
        let auditor = Actor::Staff(crate::base::actor::Staff {
            person: crate::base::ids::PersonId(1),
            name: "Ana Ruiz".into(),
            role: Role::Auditor,
        });
        let open: Vec<_> = ROUTES
            .iter()
            .filter(|route| route.method == "POST" && route.who.includes(&auditor))
            .map(|route| route.path)
            .collect();
        assert_eq!(open, ["/do/sign-in", "/do/join", "/do/rate-by-link", "/do/preferences", "/do/sign-out"]);
    }
}

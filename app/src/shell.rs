//! The document, the frame around every page, and the table of routes.

mod rooms;

use crate::account::page::Account;
use crate::advertiser::page::{Enquiries, EnquiryPage};
use crate::agreement::page::{RequestPage, Requests};
use crate::approvals::page::{Approvals, ProposalPage};
use crate::audit::page::Record;
use crate::authority::page::AuthorityPage;
use crate::base::actor::Actor;
use crate::base::context::{self, Context};
use crate::base::language::{self, Locale, tr};
use crate::channels::page::LogPage;
use crate::complaints::page::Complaints;
use crate::contests::page::{ContestPage, Contests};
use crate::desk::page::{Desk, DeskCase};
use crate::digest::page::DigestPage;
use crate::disputes::page::{Dispute, Disputes, NewDispute};
use crate::earnings::page::{Commission, Earnings};
use crate::escalations::page::Escalations;
use crate::figures::page::Figures;
use crate::funds::page::FundsPage;
use crate::help::page::{Help, HelpArticle, WriteArticle};
use crate::inbox::page::{Quarantine, QuarantinedMail};
use crate::incidents::page::{IncidentPage, Incidents};
use crate::ledger::page::BooksPage;
use crate::links::page::Links;
use crate::live::page::{self as live, MyDesk};
use crate::macros::page::{MacroPage, Macros};
use crate::mail::page::Mail;
use crate::mentions::page::Mentions;
use crate::outcomes::page::Outcomes;
use crate::paths;
use crate::payout_methods::page::{ConfirmMethod, PayoutMethodForm};
use crate::payout_runs::page::{RunPage, RunPayout, Runs};
use crate::payouts::page::Payouts;
use crate::practice::page::{PracticeList, PracticePage};
use crate::promo::page::{GrantPage, Promotions};
use crate::ratings::page::RatePage;
use crate::rota::page::RotaPage;
use crate::search::page::Search;
use crate::settlement::page::{AnswerLine, Answers};
use crate::sign_in::page::{JoinPage, SignInPage};
use crate::silence::page::Limits;
use crate::statements::page::PayoutPage;
use crate::tax::page::{TaxData, TaxPolicy};
use crate::terms::page::Terms;
use crate::ui::islands::SubmitOnce;
use crate::ui::screen::{Failure, failure, home};
use crate::views::page::Views;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// The HTML document. `options` says under which names style and scripts were built.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let ctx = context::current().ok();
    let locale = ctx.as_ref().map_or_else(Locale::default, |ctx| ctx.locale);
    let theme = ctx.as_ref().map(|ctx| ctx.theme.as_str()).and_then(theme);
    let density = if ctx.as_ref().is_some_and(|ctx| ctx.actor.staff().is_some()) { "compact" } else { "comfortable" };
    view! {
        <!DOCTYPE html>
        <html lang=language::code(locale) data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content=theme.unwrap_or("light dark")/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <HashedStylesheet options=options.clone() id="leptos"/>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body data-density=density>
                <App/>
            </body>
        </html>
    }
}

/// The one of our themes a stored text names; none for what the system prefers.
fn theme(text: &str) -> Option<&'static str> {
    ["light", "dark"].into_iter().find(|theme| *theme == text)
}

/// Frame and routes. A [`Failure`] in the request's context takes the place of every page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let refused = use_context::<Failure>();
    view! {
        <Router>
            <Frame>
                {match refused {
                    Some(refused) => failure(refused),
                    None => view! { <Pages/> }.into_any(),
                }}
            </Frame>
        </Router>
    }
}

/// The pages there are.
#[component]
fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| failure(Failure::NotFound)>
            <Route path=path!("/") view=Start ssr=SsrMode::Async/>
            <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
            <Route path=path!("/join/:token") view=JoinPage ssr=SsrMode::Async/>
            <Route path=path!("/payouts") view=Payouts ssr=SsrMode::Async/>
            <Route path=path!("/payouts/:payout") view=PayoutPage ssr=SsrMode::Async/>
            <Route path=path!("/earnings") view=Earnings ssr=SsrMode::Async/>
            <Route path=path!("/earnings/:conversion") view=Commission ssr=SsrMode::Async/>
            <Route path=path!("/terms") view=Terms ssr=SsrMode::Async/>
            <Route path=path!("/terms/corrections/:correction") view=crate::corrections::page::PartnerCorrection ssr=SsrMode::Async/>
            <Route path=path!("/account") view=Account ssr=SsrMode::Async/>
            <Route path=path!("/account/method/:kind") view=PayoutMethodForm ssr=SsrMode::Async/>
            <Route path=path!("/account/confirm/:token") view=ConfirmMethod ssr=SsrMode::Async/>
            <Route path=path!("/mail") view=Mail ssr=SsrMode::Async/>
            <Route path=path!("/account/tax") view=TaxData ssr=SsrMode::Async/>
            <Route path=path!("/approvals") view=Approvals ssr=SsrMode::Async/>
            <Route path=path!("/approvals/:proposal") view=ProposalPage ssr=SsrMode::Async/>
            <Route path=path!("/digest") view=DigestPage ssr=SsrMode::Async/>
            <Route path=path!("/promotions") view=Promotions ssr=SsrMode::Async/>
            <Route path=path!("/promotions/:grant") view=GrantPage ssr=SsrMode::Async/>
            <Route path=path!("/corrections") view=crate::corrections::page::Corrections ssr=SsrMode::Async/>
            <Route path=path!("/corrections/:correction") view=crate::corrections::page::CorrectionPage ssr=SsrMode::Async/>
            <Route path=path!("/outcomes") view=Outcomes ssr=SsrMode::Async/>
            <Route path=path!("/authority") view=AuthorityPage ssr=SsrMode::Async/>
            <Route path=path!("/requests") view=Requests ssr=SsrMode::Async/>
            <Route path=path!("/requests/:request") view=RequestPage ssr=SsrMode::Async/>
            <Route path=path!("/runs") view=Runs ssr=SsrMode::Async/>
            <Route path=path!("/runs/:run") view=RunPage ssr=SsrMode::Async/>
            <Route path=path!("/runs/:run/payouts/:payout") view=RunPayout ssr=SsrMode::Async/>
            <Route path=path!("/funds") view=FundsPage ssr=SsrMode::Async/>
            <Route path=path!("/books") view=BooksPage ssr=SsrMode::Async/>
            <Route path=path!("/answers") view=Answers ssr=SsrMode::Async/>
            <Route path=path!("/answers/:file/:line") view=AnswerLine ssr=SsrMode::Async/>
            <Route path=path!("/tax") view=TaxPolicy ssr=SsrMode::Async/>
            <Route path=path!("/record") view=Record ssr=SsrMode::Async/>
            <Route path=path!("/disputes") view=Disputes ssr=SsrMode::Async/>
            <Route path=path!("/disputes/new") view=NewDispute ssr=SsrMode::Async/>
            <Route path=path!("/disputes/:case") view=Dispute ssr=SsrMode::Async/>
            <Route path=path!("/desk") view=Desk ssr=SsrMode::Async/>
            <Route path=path!("/views") view=Views ssr=SsrMode::Async/>
            <Route path=path!("/search") view=Search ssr=SsrMode::Async/>
            <Route path=path!("/rate/:token") view=RatePage ssr=SsrMode::Async/>
            <Route path=path!("/escalations") view=Escalations ssr=SsrMode::Async/>
            <Route path=path!("/limits") view=Limits ssr=SsrMode::Async/>
            <Route path=path!("/enquiries") view=Enquiries ssr=SsrMode::Async/>
            <Route path=path!("/enquiries/:enquiry") view=EnquiryPage ssr=SsrMode::Async/>
            <Route path=path!("/contests") view=Contests ssr=SsrMode::Async/>
            <Route path=path!("/contests/:contest") view=ContestPage ssr=SsrMode::Async/>
            <Route path=path!("/desk/log") view=LogPage ssr=SsrMode::Async/>
            <Route path=path!("/desk/:case") view=DeskCase ssr=SsrMode::Async/>
            <Route path=path!("/incidents") view=Incidents ssr=SsrMode::Async/>
            <Route path=path!("/incidents/:incident") view=IncidentPage ssr=SsrMode::Async/>
            <Route path=path!("/complaints") view=Complaints ssr=SsrMode::Async/>
            <Route path=path!("/practice") view=PracticeList ssr=SsrMode::Async/>
            <Route path=path!("/practice/:practice") view=PracticePage ssr=SsrMode::Async/>
            <Route path=path!("/my-desk") view=MyDesk ssr=SsrMode::Async/>
            <Route path=path!("/quarantine") view=Quarantine ssr=SsrMode::Async/>
            <Route path=path!("/quarantine/:mail") view=QuarantinedMail ssr=SsrMode::Async/>
            <Route path=path!("/turns") view=crate::work::page::Turns ssr=SsrMode::Async/>
            <Route path=path!("/rota") view=RotaPage ssr=SsrMode::Async/>
            <Route path=path!("/figures") view=Figures ssr=SsrMode::Async/>
            <Route path=path!("/help") view=Help ssr=SsrMode::Async/>
            <Route path=path!("/help/write") view=WriteArticle ssr=SsrMode::Async/>
            <Route path=path!("/help/:article") view=HelpArticle ssr=SsrMode::Async/>
            <Route path=path!("/macros") view=Macros ssr=SsrMode::Async/>
            <Route path=path!("/macros/:macro") view=MacroPage ssr=SsrMode::Async/>
            <Route path=path!("/links") view=Links ssr=SsrMode::Async/>
            <Route path=path!("/mentions") view=Mentions ssr=SsrMode::Async/>
        </Routes>
    }
}

/// Leads to where a person begins.
#[component]
fn Start() -> impl IntoView {
    if let Ok(ctx) = context::current() {
        leptos_axum::redirect(home(&ctx.actor));
    }
}

/// What stands around every page.
#[component]
fn Frame(children: Children) -> impl IntoView {
    let ctx = context::current().ok();
    let locale = ctx.as_ref().map_or_else(Locale::default, |ctx| ctx.locale);
    view! {
        <a class="skip" href="#main">{tr!(locale, shell.skip)}</a>
        <header class="masthead">
            <div class="masthead-row">
                <a class="wordmark" href=ctx.as_ref().map_or(paths::SIGN_IN, |ctx| home(&ctx.actor))>
                    {mark()}
                    <span>"Partnerdesk"</span>
                </a>
                {ctx.as_ref().and_then(rooms::navigation)}
                {ctx.as_ref().and_then(person)}
            </div>
        </header>
        <main id="main" tabindex="-1">
            {children()}
            {ctx.as_ref().and_then(crate::work::page::keys)}
        </main>
        {ctx.as_ref().and_then(live::strip)}
        <footer class="colophon">{ctx.as_ref().map(preferences)}</footer>
        <SubmitOnce/>
    }
}

/// The mark: the money line, standing, from hollow to solid.
fn mark() -> impl IntoView {
    view! {
        <svg class="wordmark-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect class="wordmark-ground" width="32" height="32" rx="7"/>
            <rect class="wordmark-line" x="7.75" y="7.75" width="12.5" height="3.5" rx="1" fill="none" stroke-width="1.5"/>
            <rect class="wordmark-fill" x="7" y="14" width="10" height="5" rx="1"/>
            <rect class="wordmark-fill" x="7" y="21" width="18" height="5" rx="1"/>
        </svg>
    }
}

/// Who is signed in, and the way out.
fn person(ctx: &Context) -> Option<AnyView> {
    let (name, account) = match &ctx.actor {
        Actor::Member(member) => (member.name.clone(), Some(member.partner_name.clone())),
        Actor::Staff(staff) => (staff.name.clone(), None),
        _ => return None,
    };
    let account = account.filter(|account| *account != name);
    Some(
        view! {
            <div class="person">
                <p class="person-who">
                    {person_name(ctx, name)}
                    {account.map(|account| view! { " "<span class="person-account">{account}</span> })}
                </p>
                <form method="post" action="/do/sign-out">
                    <button class="button" data-weight="bare" type="submit">{tr!(ctx.locale, shell.sign_out)}</button>
                </form>
            </div>
        }
        .into_any(),
    )
}

/// Their name; of staff, with the way to their desk.
fn person_name(ctx: &Context, name: String) -> AnyView {
    match ctx.actor.staff() {
        Some(_) => view! { <a class="person-name" href=paths::MY_DESK>{name}</a> }.into_any(),
        None => view! { <span class="person-name">{name}</span> }.into_any(),
    }
}

/// Language and theme.
fn preferences(ctx: &Context) -> AnyView {
    let locale = ctx.locale;
    let chosen = theme(&ctx.theme).unwrap_or("system");
    // Each language names itself, so that its readers find it.
    let languages = [("en", "English"), ("es", "Español")].map(|(code, name)| {
        let pressed = (code == language::code(locale)).to_string();
        view! { <button type="submit" name="locale" value=code lang=code aria-pressed=pressed>{name}</button> }
    });
    let themes =
        [("light", tr!(locale, shell.light)), ("dark", tr!(locale, shell.dark)), ("system", tr!(locale, shell.system))]
            .map(|(theme, name)| {
                let pressed = (theme == chosen).to_string();
                view! { <button type="submit" name="theme" value=theme aria-pressed=pressed>{name}</button> }
            });
    let switch = |label: String, buttons: AnyView| {
        view! {
            <form class="switch" method="post" action="/do/preferences">
                <input type="hidden" name="back" value=ctx.path.clone()/>
                <div role="group" aria-label=label>{buttons}</div>
            </form>
        }
    };
    view! {
        {switch(tr!(locale, shell.language), languages.collect_view().into_any())}
        {switch(tr!(locale, shell.theme), themes.collect_view().into_any())}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_themes_reach_the_document() {
        assert_eq!(theme("dark"), Some("dark"));
        assert_eq!(theme("\"><script>"), None);
        assert_eq!(theme(""), None);
    }
}

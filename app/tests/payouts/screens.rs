//! The pages of payout runs as a browser gets them, in both languages, with hostile text where somebody can write.

use crate::pages::page_status;
use crate::people::{done, office};
use app::base::context::Context;
use app::base::language::Locale;
use app::payout_runs::api::{
    BuildForm, DelayForm, StepForm, build, cancel, delay, make_files, release, step, withdraw,
};
use app::payout_runs::export::Format;
use app::payout_runs::store::build_batch;
use app::settlement::api::{Sent, read_answer};
use sqlx::PgPool;

pub use crate::pages::page;

pub const HOSTILE: &str = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>";

pub fn in_spanish(ctx: Context) -> Context {
    Context { locale: Locale::es, ..ctx }
}

/// Whether every space is a plain one or keeps words together is no matter here.
pub fn says(html: &str, words: &[&str]) {
    let html = html.replace('\u{a0}', " ");
    for words in words {
        assert!(html.contains(&words.replace('\u{a0}', " ")), "{words:?} is not in {html}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_from_its_beginning_to_its_files(pool: PgPool) {
    let office = office(pool).await;
    office.run(&format!("UPDATE partner SET name = 'Ana {HOSTILE}' WHERE code = 'ana'")).await;
    says(&page(office.olivia(), "/runs").await, &["Nothing waits for you.", "No run yet", "build-run"]);
    says(&page(office.olivia(), "/answers").await, &["No line waits", "No answer read yet", "multipart/form-data"]);

    let form = BuildForm { cutoff: "2011-03-31".into(), pay_day: "2011-06-15".into(), ..BuildForm::default() };
    done(build(&office.olivia(), &form).await);
    says(&page(office.olivia(), "/runs/1").await, &["Being built: 0% of the partners", "Look again", "ReloadSoon"]);
    let job = app::base::actor::Actor::Job;
    while build_batch(&office.db, &job, 1.into(), office.now).await.expect("batch").is_some() {}

    let asked = page(office.henrik(), "/runs").await;
    says(&asked, &["Run 1 waits for your release: 2 payouts, £24.00."]);
    let own = page(office.olivia(), "/runs").await;
    says(&own, &["Run 1, which you built, waits for another owner (Henrik Aas): 2 payouts, £24.00."]);
    says(&page(office.finn(), "/runs").await, &["Run 1 waits for an owner's release"]);
    let overview = page(office.henrik(), "/runs/1").await;
    says(&overview, &["Release 2 payouts, £24.00", "First payouts: 2.", "Olivia Hart", "To be sent by the pay day"]);
    assert!(!page(office.olivia(), "/runs/1").await.contains("release-run"), "who built it is offered no release");
    let read = page(office.ada(), "/runs/1").await;
    assert!(!read.contains("cancel-run") && !read.contains("release-run"), "an auditor changes nothing");
    says(
        &page(in_spanish(office.henrik()), "/runs/1").await,
        &["espera tu autorización para pagarse el 15 de junio de 2011", "Autorizar 2 pagos, 24,00\u{a0}£"],
    );
    let unpaid = page(office.finn(), "/runs/1?view=unpaid").await;
    says(&unpaid, &["cleo", "£4.20 under the minimum", "It fills up with what they earn", "Nobody"]);
    says(&page(in_spanish(office.finn()), "/runs/1?view=unpaid").await, &["Faltan 4,20\u{a0}£ para el mínimo"]);
    says(&page(office.finn(), "/runs/1?view=payouts&state=scheduled").await, &["PD-", "First payout", "PayPal"]);
    says(&page(office.finn(), "/runs/1?view=payouts&state=paid").await, &["No such payout"]);

    let hold =
        StepForm { run: "1".into(), payout: "1".into(), step: "hold".into(), reason: format!("A question. {HOSTILE}") };
    done(step(&office.finn(), &hold).await);
    let one = page(office.finn(), "/runs/1/payouts/1?done=hold").await;
    says(&one, &["Kept back", "A question.", "Finn Fox", "Let it go"]);
    done(release(&office.henrik(), 1.into()).await);
    says(&page(office.finn(), "/runs/1/payouts/1").await, &["an owner who did not build the run lets it go"]);
    done(step(&office.henrik(), &StepForm { step: "let_go".into(), ..hold.clone() }).await);
    says(&page(office.finn(), "/runs").await, &["Run 1 is released and not in a file yet: 2 payouts, £24.00."]);
    says(&page(office.finn(), "/runs/1?view=sending").await, &["Make the PayPal file: 2 payouts, £24.00"]);
    assert!(!page(office.ada(), "/runs/1?view=sending").await.contains("make-files"));
    done(make_files(&office.finn(), 1.into(), Format::PayPal).await);
    let files = page(office.olivia(), "/runs/1?view=sending&done=made").await;
    says(&files, &["/runs/files/1", "No answer yet", "was never sent", "Finn Fox"]);
    assert!(!page(office.finn(), "/runs/1?view=sending").await.contains("withdraw-file"), "only an owner withdraws");
    assert!(
        !page(office.ada(), "/runs/1?view=sending").await.contains("/runs/files/"),
        "an auditor takes no file away"
    );
    done(withdraw(&office.olivia(), 1.into(), 1.into(), &format!("Lost. {HOSTILE}")).await);
    let told = DelayForm {
        run: "1".into(),
        day: "2011-06-20".into(),
        message: format!("The bank is closed. {HOSTILE}"),
        form_key: "6f1c2f3e-0d52-4c8c-9f5e-1f6a7f1c0b11".into(),
    };
    done(delay(&office.finn(), &told).await);
    let sending = page(office.olivia(), "/runs/1?view=sending").await;
    says(&sending, &["Withdrawn", "told partners: paid by 20 June 2011"]);
    assert!(!sending.contains("/runs/files/1"), "what was withdrawn is not given out again");
    says(&page(office.olivia(), "/runs/1").await, &["withdrawn: it was never sent", "Partners told a new pay day"]);
    done(cancel(&office.olivia(), 1.into(), &format!("Wrong cut-off. {HOSTILE}")).await);
    says(&page(office.ada(), "/runs/1").await, &["Given up by Olivia Hart on 1 June 2011"]);
    let record = page(in_spanish(office.ada()), "/record").await;
    says(&record, &["Remesa autorizada", "Pago parado", "Fichero retirado por no haberse enviado", "Remesa 1"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_and_the_line_that_waits(pool: PgPool) {
    let office = office(pool).await;
    let run = office.build("2011-03-31").await;
    done(release(&office.henrik(), run.id).await);
    done(make_files(&office.finn(), run.id, Format::PayPal).await);
    let ana = office.reference("ana").await;
    let text = format!(
        "payout,status,date,reference,code,amount,currency\n{ana},paid,2011-04-15,T-1,,8.00,GBP\n\
         <script>alert(1)</script>,returned,2011-04-15,T-2,AC04,16.00,GBP\n{ana},failed,2011-04-15,T-3,,8.00,GBP\n"
    );
    let sent = Sent::Whole(format!("b{HOSTILE}.csv"), text.into_bytes());
    let path = read_answer(&office.finn(), sent).await.expect("read");
    let list = page(office.finn(), &path).await;
    says(&list, &["Lines: 3. Moved a payout: 1; known already: 0; change nothing: 0; wait for a person: 2."]);
    says(&list, &["What it names is no payout of ours.", "which can't be after what is known: paid", "Came back"]);
    says(&page(office.finn(), "/runs").await, &["2 lines of banks' answers wait for a person."]);
    let line = page(office.finn(), "/answers/1/2").await;
    // Only one payout of this amount is out, so it is offered and filled in.
    let bob = office.reference("bob").await;
    says(&line, &["AC04: the account is closed", &format!("value=\"{bob}\""), "Match it", "Put it aside"]);
    let spanish = page(in_spanish(office.finn()), "/answers/1/2").await;
    says(&spanish, &["AC04: la cuenta está cerrada", "Lo que nombra no es un pago nuestro."]);
    assert!(!page(office.ada(), "/answers/1/2").await.contains("settle-line"));
    says(&page(office.finn(), "/runs/1").await, &["2 payouts, £24.00: 2 sent, 1 paid."]);
    let missing = page_status(office.finn(), "/answers/9/9").await;
    assert_eq!(missing, Some(404));
}

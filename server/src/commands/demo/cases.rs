//! The conversations of the demonstration: one that is settled, one under way and three that nobody has answered yet,
//! so that a queue has something to put in order.

use super::{Failure, PARTNERS, Session};
use app::audit::store::{Change, record};
use app::base::actor::Actor;
use app::base::db::Tx;
use app::base::ids::{CaseId, OfferId, PartnerId, PersonId, ProgrammeId};
use app::base::money::Currency;
use app::clocks::store as clocks;
use app::desk::store as desk;
use app::disputes::model::{ClaimFacts, Event, Kind, Side, Stage};
use app::disputes::rules::running_promise;
use app::disputes::store::{self, NewCase, NewClaim, NewMessage, NewPin};
use app::partners::store as partners;
use app::sign_in::store::credentials;
use chrono::{DateTime, Duration, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

/// Who writes for a partner, beside the one whose log-in is printed: address, name, language.
pub const OTHERS: [(&str, &str, &str, &str); 3] = [
    ("casa-verde", "carla@example.org", "Carla Ruano", "es"),
    ("the-seed-list", "sam@example.org", "Sam Okafor", "en"),
    ("small-plots", "priya@example.org", "Priya Nair", "en"),
];

/// Who writes.
struct Writer {
    partner: PartnerId,
    person: PersonId,
    name: &'static str,
}

/// What they write about.
struct Letter<'a> {
    kind: Kind,
    subject: &'a str,
    pin: Option<NewPin>,
    body: &'a str,
    at: DateTime<Utc>,
}

/// Who answers.
#[derive(Clone, Copy)]
struct Hand {
    person: PersonId,
    name: &'static str,
}

/// Writes the conversations. `orders` is the file the programme's orders came from.
pub async fn write(
    session: &Session,
    programme: ProgrammeId,
    team: super::rota::Desk,
    orders: &str,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let mut tx = session.db.begin(&Actor::Command).await?;
    let marta = Hand { person: team.marta, name: super::AGENT.1 };
    let tom = Hand { person: team.tom, name: super::OTHER_AGENT.1 };

    let nora = writer(&mut tx, programme, PARTNERS[0].0, super::MEMBER.0, super::MEMBER.1).await?;
    let banners = Letter {
        kind: Kind::Other,
        subject: "Banners for spring",
        pin: None,
        body: "Do you have banners for spring? The ones I use still show snow.",
        at: now - Duration::days(20),
    };
    let case = open(&mut tx, programme, &nora, banners).await?;
    // Closed in a transaction of its own: a partner's message and the end of its case can't be of one moment.
    tx.commit().await?;
    let mut tx = session.db.begin(&Actor::Command).await?;
    let there = "They are in the offer's folder since this morning, in three sizes. Have fun with them!";
    answer(&mut tx, nora.partner, case, tom, there, Stage::Closed, now - Duration::days(20) + Duration::hours(2))
        .await?;

    let carla = writer(&mut tx, programme, OTHERS[0].0, OTHERS[0].1, OTHERS[0].2).await?;
    if let Some((subject, pin)) = newest_order(&mut tx, carla.partner, OTHERS[0].0, orders).await? {
        let amount = Letter {
            kind: Kind::WrongAmount,
            subject: &subject,
            pin: Some(pin),
            body: "En este pedido había dos artículos y solo veo uno. ¿Lo podéis mirar, por favor?",
            at: now - Duration::hours(4),
        };
        let case = open(&mut tx, programme, &carla, amount).await?;
        let asked = "Gracias por avisar, Carla. Pregunto a la tienda y te escribo mañana.";
        answer(&mut tx, carla.partner, case, marta, asked, Stage::InReview, now - Duration::hours(2)).await?;
    }

    let sam = writer(&mut tx, programme, OTHERS[1].0, OTHERS[1].1, OTHERS[1].2).await?;
    let offers = store::offers(&mut tx, programme).await?;
    if let Some((offer, name)) = offers.into_iter().find(|(_, name)| name == "plants") {
        let missing = Letter {
            kind: Kind::MissingConversion,
            subject: "W-55102",
            pin: Some(claim(offer, name, now - Duration::days(4))?),
            body: "A reader bought a rake and two trays on Thursday and showed me the confirmation; it is not in my list.",
            at: now - Duration::hours(3),
        };
        open(&mut tx, programme, &sam, missing).await?;
    }

    let priya = writer(&mut tx, programme, OTHERS[2].0, OTHERS[2].1, OTHERS[2].2).await?;
    let first = Letter {
        kind: Kind::Other,
        subject: "My first payout",
        pin: None,
        body: "I am close to the minimum for the first time. Do I have to do anything, or does the money simply come?",
        at: now - Duration::minutes(50),
    };
    open(&mut tx, programme, &priya, first).await?;
    tx.commit().await?;
    Ok(())
}

/// A member, who was made with the partner.
async fn writer(
    tx: &mut Tx,
    programme: ProgrammeId,
    code: &str,
    email: &str,
    name: &'static str,
) -> Result<Writer, Failure> {
    let partner = partners::find(tx, programme, code).await?;
    let known = credentials(tx, email).await?;
    let (Some(partner), Some(known)) = (partner, known) else {
        return Err(Failure::refused("a member of the demonstration is missing"));
    };
    Ok(Writer { partner, person: known.person, name })
}

/// The newest order of a partner that came in, as a pin.
async fn newest_order(
    tx: &mut Tx,
    partner: PartnerId,
    code: &str,
    orders: &str,
) -> Result<Option<(String, NewPin)>, Failure> {
    let sales = orders.lines().filter_map(|row| {
        let mut cells = row.split(',').skip(1);
        let (event, order, of, _, at) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        (event == "sale" && of == code).then_some((at, order))
    });
    let Some((_, order)) = sales.max() else { return Ok(None) };
    let Some(conversion) = store::conversion_of_order(tx, partner, order).await? else { return Ok(None) };
    let facts = store::conversion_facts(tx, partner, conversion).await?;
    Ok(Some((order.to_owned(), NewPin::Conversion(conversion, facts))))
}

fn claim(offer: OfferId, name: String, at: DateTime<Utc>) -> Result<NewPin, Failure> {
    let currency = Currency::parse("GBP").map_err(|error| Failure::refused(error.to_string()))?;
    let facts = ClaimFacts {
        offer: name,
        order_id: "W-55102".into(),
        occurred_at: at,
        amount: Decimal::new(4_890, 2),
        currency,
        proof: "Order confirmation W-55102, one rake and two trays, £48.90".into(),
    };
    Ok(NewPin::Claim(NewClaim { offer, facts }))
}

async fn open(tx: &mut Tx, programme: ProgrammeId, writer: &Writer, letter: Letter<'_>) -> Result<CaseId, Failure> {
    let promised_at = clocks::promises(tx, writer.partner, letter.kind, letter.at).await?.first_reply();
    let new = NewCase {
        programme,
        partner: writer.partner,
        person: writer.person,
        name: writer.name.to_owned(),
        kind: letter.kind,
        subject: letter.subject.to_owned(),
        pin: letter.pin,
        body: letter.body.to_owned(),
        form_key: Uuid::new_v4(),
        at: letter.at,
        promised_at,
    };
    let case = store::open(tx, new).await?;
    let change = Change {
        action: "case.opened",
        subject: format!("case/{case}"),
        partner: Some(writer.partner),
        after: Some(
            json!({ "kind": letter.kind.as_str(), "stage": Stage::Received.as_str(), "promised_at": promised_at }),
        ),
        ..Change::default()
    };
    record(tx, &Actor::Command, letter.at, "demo", change).await?;
    clocks::renew(tx, writer.partner, case, letter.at).await?;
    Ok(case)
}

/// Takes a case, answers in it and leaves it at a stage.
async fn answer(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    hand: Hand,
    body: &str,
    stage: Stage,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let locked = store::lock(tx, partner, case).await?;
    let next = clocks::promises(tx, partner, locked.kind, at).await?.next_word();
    let message = NewMessage {
        side: Side::Staff,
        author: hand.person,
        author_name: hand.name.to_owned(),
        body: body.to_owned(),
        at,
        form_key: Uuid::new_v4(),
    };
    store::add_message(tx, partner, case, &message).await?;
    desk::save(tx, &locked, locked.version, stage, Some(hand.person), next, at).await?;
    for step in [Stage::InReview, stage].into_iter().take(if stage == Stage::InReview { 1 } else { 2 }) {
        let promised_at = running_promise(step, next);
        store::add_event(tx, partner, case, &Event { stage: step, at, by: hand.name.to_owned(), promised_at }).await?;
    }
    let change = Change {
        action: "case.replied",
        subject: format!("case/{case}"),
        partner: Some(partner),
        after: Some(json!({ "stage": stage.as_str(), "promised_at": next })),
        ..Change::default()
    };
    record(tx, &Actor::Command, at, "demo", change).await?;
    clocks::renew(tx, partner, case, at).await?;
    Ok(())
}

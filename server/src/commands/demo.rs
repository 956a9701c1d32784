//! `demo`: a small believable programme in an empty database, made by the same code that a real one is made by.

mod cases;
mod help;
mod promo;
mod rota;
mod runs;
mod tax;

use super::people::{Invite, create_staff_in, invite_in};
use super::programmes::{New, NewOffer, create_in, create_offer_in};
use super::{Failure, Session, print_json, print_line};
use app::base::actor::{Actor, Role, Staff};
use app::base::clock::Clock;
use app::base::db::Tx;
use app::base::ids::ProgrammeId;
use app::base::language::{self, Locale};
use app::imports::model::Request;
use app::programmes::store as programmes;
use app::provisional::store as provisional;
use app::sign_in::store::{NewPerson, accept, create_person, invitation};
use app::sign_in::{password, rules};
use chrono::{DateTime, Duration, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use std::fmt::Write;
use std::io::{BufReader, Cursor};

const PROGRAMME: &str = "greenhouse";
/// The same for everybody, since it guards nothing: a demonstration is refused in production.
const PASSWORD: &str = "a walk in the park";
const OWNERS: [(&str, &str); 2] = [("olivia@example.org", "Olivia Hart"), ("henrik@example.org", "Henrik Aas")];
const AGENT: (&str, &str) = ("marta@example.org", "Marta Ruiz");
const LEAD: (&str, &str) = ("ines@example.org", "Inés Prado");
const OTHER_AGENT: (&str, &str) = ("tom@example.org", "Tom Reed");
const MEMBER: (&str, &str) = ("nora@example.org", "Nora Lindqvist");

/// Code, name, orders a month, smallest and largest order in pence, and the one share in so many orders refunded.
const PARTNERS: [(&str, &str, u32, u32, u32, u32); 6] = [
    ("balcony-notes", "Balcony Notes", 46, 900, 16_000, 9),
    ("casa-verde", "Casa Verde", 120, 1_500, 42_000, 14),
    ("small-plots", "Small Plots", 4, 700, 4_500, 11),
    ("the-seed-list", "The Seed List", 75, 400, 9_000, 20),
    ("urban-orchard", "Urban Orchard", 31, 2_500, 60_000, 6),
    ("window-herbs", "Window Herbs", 9, 600, 3_800, 8),
];
const DAYS: i64 = 150;

/// Fills the database and prints the log-ins.
///
/// # Errors
/// When it is not empty, or the configuration says production.
pub async fn fill_and_print(session: &Session) -> Result<(), Failure> {
    if !fill(session).await? {
        return Err(Failure::refused(
            "the database is not empty; a demonstration wants one of its own (--data-dir, DATABASE_URL)",
        ));
    }
    let logins = [("partner", MEMBER), ("agent", AGENT), ("owner", OWNERS[0])];
    if session.json {
        let rows: Vec<_> = logins
            .iter()
            .map(|(role, (email, name))| json!({ "role": role, "email": email, "name": name, "password": PASSWORD }))
            .collect();
        return print_json(&rows);
    }
    logins.iter().try_for_each(|(role, (email, _))| print_line(&format!("{role:<8} {email:<22} {PASSWORD}")))
}

/// Fills the database if there is no programme yet, and says on standard error how to sign in.
///
/// # Errors
/// When the database is away.
pub async fn fill_if_empty(session: &Session) -> Result<(), Failure> {
    if fill(session).await? {
        eprintln!("The demonstration programme `{PROGRAMME}` is ready.");
    }
    let mut tx = session.db.begin(&Actor::Command).await?;
    if programmes::find(&mut tx, PROGRAMME).await?.is_some() {
        eprintln!("\nSign in as");
        for (role, (email, _)) in [("partner", MEMBER), ("agent", AGENT), ("owner", OWNERS[0])] {
            eprintln!("  {role:<8} {email:<22} password: {PASSWORD}");
        }
        eprintln!();
    }
    Ok(())
}

async fn fill(session: &Session) -> Result<bool, Failure> {
    let now = session.clock.now();
    let mut tx = session.db.begin(&Actor::Command).await?;
    if programmes::any(&mut tx).await? {
        return Ok(false);
    }
    // The programme began with its first orders, so that everything in it has a past.
    let began = now - Duration::days(DAYS);
    make_programme(&mut tx, began).await?;
    let mut owners = Vec::new();
    for (email, name) in OWNERS {
        let person = create_staff_in(&mut tx, email, name, PASSWORD, Role::Owner, "en", began).await?;
        owners.push(runs::owner(person, name));
    }
    let desk = rota::Desk {
        marta: create_staff_in(&mut tx, AGENT.0, AGENT.1, PASSWORD, Role::Agent, "en", began).await?,
        ines: create_staff_in(&mut tx, LEAD.0, LEAD.1, PASSWORD, Role::Lead, "es", began).await?,
        tom: create_staff_in(&mut tx, OTHER_AGENT.0, OTHER_AGENT.1, PASSWORD, Role::Agent, "en", began).await?,
    };
    rota::write(&mut tx, desk, began, now).await?;
    help::write(&mut tx, desk.ines, began).await?;
    make_partners(&mut tx, began).await?;
    tx.commit().await?;
    let mut tx = session.db.begin(&Actor::Command).await?;
    let programme = programmes::find(&mut tx, PROGRAMME).await?.ok_or_else(|| Failure::refused("no programme"))?.id;
    tx.commit().await?;
    let [olivia, henrik] = owners.as_slice() else { return Err(Failure::refused("the owners are missing")) };
    limits(session, programme, olivia, began).await?;
    runs::methods(session, programme, began).await?;
    tax::set(session, programme, began).await?;
    let cutoffs = runs::cutoffs(now);
    let then = runs::built_at(cutoffs);
    let orders = conversions(now);
    import(session, programme, "first-months.csv", rows(&orders, |at| at < then), then).await?;
    runs::paid(session, programme, olivia, henrik, cutoffs).await?;
    import(session, programme, "last-month.csv", rows(&orders, |at| at >= then), now).await?;
    runs::waiting(session, programme, henrik, cutoffs, now).await?;
    cases::write(session, programme, desk, &orders, now).await?;
    promo::write(session, olivia, henrik, now).await?;
    Ok(true)
}

async fn make_programme(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), Failure> {
    let programme = New {
        code: PROGRAMME.into(),
        currency: "GBP".into(),
        rate: Decimal::from(8),
        minimum: Decimal::from(50),
        hold_days: 30,
        time_zone: "Europe/London".into(),
        margin_floor: Decimal::from(35),
    };
    create_in(tx, &programme, now).await?;
    for (code, rate, revenue) in [("plants", None, 22), ("tools", Some(Decimal::from(6)), 18)] {
        let offer = NewOffer {
            programme: PROGRAMME.into(),
            code: code.into(),
            rate,
            fixed: None,
            revenue: Some(Decimal::from(revenue)),
            validation: false,
        };
        create_offer_in(tx, &offer, now).await?;
    }
    Ok(())
}

/// What may be credited provisionally, as an owner of it set it.
async fn limits(session: &Session, programme: ProgrammeId, owner: &Staff, now: DateTime<Utc>) -> Result<(), Failure> {
    let mut tx = session.db.begin(&Actor::Staff(owner.clone())).await?;
    for (role, largest) in [(Role::Agent, 25), (Role::Lead, 100)] {
        let limits = (Decimal::from(largest), Decimal::from(2 * largest), 31);
        provisional::set_policy(&mut tx, programme, role, limits, owner, "demo", now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn make_partners(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), Failure> {
    for (code, name, ..) in PARTNERS {
        let other = cases::OTHERS.iter().find(|(of, ..)| *of == code);
        let (email, member, language) = match other {
            Some((_, email, member, language)) => (*email, *member, *language),
            None => (MEMBER.0, MEMBER.1, language::code(Locale::en)),
        };
        let invite =
            Invite { programme: PROGRAMME.into(), code: code.into(), email: email.into(), name: Some(name.into()) };
        let invited = invite_in(tx, &invite, now).await?;
        if code != PARTNERS[0].0 && other.is_none() {
            continue;
        }
        let token = invited.token.as_str();
        let open = invitation(tx, token, now).await?.ok_or_else(|| Failure::refused("the invitation is gone"))?;
        let hash = password::hash(PASSWORD.into()).await?;
        let email = rules::email(email).unwrap_or_default();
        let person = NewPerson {
            email: &email,
            name: member,
            password_hash: &hash,
            locale: language,
            time_zone: &open.time_zone,
        };
        let person = create_person(tx, &person, now).await?;
        accept(tx, token, open.partner, person, now).await?;
    }
    Ok(())
}

async fn import(
    session: &Session,
    programme: ProgrammeId,
    name: &str,
    rows: String,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let request =
        Request { programme, file_name: name.into(), dry_run: false, create_partners: false, create_offers: false };
    let file = BufReader::new(Cursor::new(rows.into_bytes()));
    app::imports::run::run(&session.db, Clock::Fixed(now), &request, Box::new(file), None, &|_| {}).await?;
    app::commissions::store::release(&session.db, &Actor::Command, now, now).await?;
    Ok(())
}

/// The header and those rows whose time is wanted.
fn rows(orders: &str, wanted: impl Fn(DateTime<Utc>) -> bool) -> String {
    let time = |row: &str| row.split(',').nth(5).and_then(|time| time.parse().ok());
    let mut lines = orders.lines();
    let header = lines.next().unwrap_or_default();
    let rows = lines.filter(|row| time(row).is_some_and(&wanted));
    std::iter::once(header).chain(rows).fold(String::new(), |file, row| file + row + "\n")
}

/// Orders of the last months with their refunds, the same for the same `now`.
fn conversions(now: DateTime<Utc>) -> String {
    let mut file = String::from("event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\n");
    let mut chance = Chance(0x5eed);
    let mut order = 10_000;
    for (partner, _, a_month, smallest, largest, one_in) in PARTNERS {
        let first = now - Duration::days(DAYS);
        for _ in 0..i64::from(a_month) * DAYS / 30 {
            order += 1;
            let at = first + Duration::minutes(i64::from(chance.below(u32::try_from(DAYS * 24 * 60).unwrap_or(1))));
            // Two draws multiplied: many small orders, few large ones.
            let span = u64::from(largest - smallest);
            let amount = smallest
                + u32::try_from(span * u64::from(chance.below(1000)) * u64::from(chance.below(1000)) / 1_000_000)
                    .unwrap_or(0);
            let offer = if chance.below(3) == 0 { "tools" } else { "plants" };
            let time = at.format("%Y-%m-%dT%H:%M:%SZ");
            let _ = writeln!(file, "S{order},sale,{order},{partner},{offer},{time},{},GBP,", pounds(amount));
            let refunded_at = at + Duration::days(3 + i64::from(chance.below(12)));
            if chance.below(one_in) == 0 && refunded_at < now {
                let part = if chance.below(3) == 0 { amount / 2 } else { amount };
                let time = refunded_at.format("%Y-%m-%dT%H:%M:%SZ");
                let _ =
                    writeln!(file, "R{order},refund,{order},{partner},{offer},{time},{},GBP,returned", pounds(part));
            }
        }
    }
    file
}

fn pounds(pence: u32) -> Decimal {
    Decimal::new(i64::from(pence), 2)
}

/// A small generator of numbers that look random and repeat (xorshift, Marsaglia 2003).
struct Chance(u32);

impl Chance {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % limit
    }
}

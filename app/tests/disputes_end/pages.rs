//! What the pages say of it.

use crate::desk_house::key;
use crate::enquiries::ask;
use crate::enquiries::claims;
use crate::enquiries::last_enquiry;
use crate::escalations::escalate;
use crate::house_silence::set_silence;
use crate::house_silence::with_rota;
use crate::provisional_credits::credit;
use crate::provisional_credits::set_limits;
use crate::{appeal, page};
use app::advertiser;
use app::base::context::Context;
use app::base::language::Locale;
use app::ratings::link;
use app::settlement::api::Sent;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn the_pages_say_what_stands(pool: PgPool) {
    let house = with_rota(pool).await;
    set_silence(&house, "2", "10").await;
    let (first, second) = claims(&house).await;
    let enquiries = page(house.tomas(), "/enquiries").await;
    assert!(
        enquiries.contains("2 claims have not been put") && enquiries.contains("Gather into an enquiry"),
        "{enquiries}"
    );
    ask(&house).await;
    let id = last_enquiry(&house).await;
    let sent = Sent::Whole("back.csv".into(), format!("claim,verdict\n{id}-1,valid\n{id}-9,valid\n").into_bytes());
    let read = advertiser::api::receive(&house.tomas(), id, sent).await.expect("received");
    let dry = page(house.tomas(), &read).await;
    assert!(dry.contains("1 lines can be taken over, 1 can") && dry.contains("no claim of this enquiry"), "{dry}");
    let dispute = page(house.ana(), &format!("/disputes/{first}")).await;
    assert!(dispute.contains("We asked the advertiser of Plants"), "who is awaited: {dispute}");
    assert!(dispute.contains("Decision"), "with the date of its decision: {dispute}");

    set_limits(&house, "25", "50").await;
    credit(&house, first, "10", "2026-12-20").await;
    escalate(&house, second, "lead").await;
    let desk = page(house.tomas(), &format!("/desk/{first}")).await;
    assert!(desk.contains("makes the provisional credit of £10.00 final"), "{desk}");
    let dispute = page(house.ana(), &format!("/disputes/{first}")).await;
    assert!(dispute.contains("£10.00 is credited provisionally and payable at once"), "{dispute}");
    let waiting = page(house.marta(), "/escalations").await;
    assert!(waiting.contains("1 case waits for you") && waiting.contains("Asked the shop twice."), "{waiting}");
    let limits = page(house.marta(), "/limits").await;
    assert!(limits.contains("After 2 working days past the resolution clock: up to £10.00"), "{limits}");
    assert!(!page(house.tomas(), "/limits").await.contains("/do/set-silence-policy"), "an agent reads");

    house.decide(&house.tomas(), first, "declined", "", &key()).await;
    let dispute = page(house.ana(), &format!("/disputes/{first}")).await;
    assert!(
        dispute.contains("taken back") && dispute.contains("/do/appeal") && dispute.contains("How was it?"),
        "{dispute}"
    );
    appeal(&house, first, "The shop says otherwise.").await;
    let desk = page(house.tomas(), &format!("/desk/{first}")).await;
    assert!(desk.contains("somebody else decides the appeal") && !desk.contains("/do/decide-appeal"), "{desk}");
    assert!(page(house.marta(), &format!("/desk/{first}")).await.contains("/do/decide-appeal"));
    let token = link::sign(&house.ana().secrets, first, house.ana);
    let anonymous = Context { actor: app::base::actor::Actor::Anonymous, locale: Locale::es, ..house.ana() };
    let rate = page(anonymous.clone(), &format!("/rate/{token}")).await;
    assert!(rate.contains("¿Cómo lo llevamos?"), "{rate}");
    for path in [
        "/enquiries?view=answered",
        "/escalations?view=answered",
        "/limits",
        &format!("/desk/{second}"),
        "/figures",
        "/record",
    ] {
        page(Context { locale: Locale::es, ..house.marta() }, path).await;
    }
}

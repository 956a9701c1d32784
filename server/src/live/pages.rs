//! What one page asks, and what it is answered.

use super::hub::{Batch, Hub, Opened};
use app::base::actor::Actor;
use app::base::context::Context;
use app::base::error::AppError;
use app::base::ids::CaseId;
use app::base::language::Locale;
use app::live::model::{Present, Reader, Side};
use app::live::snapshot::Snapshot;
use app::live::{rules, store, words};
use app::sign_in::token;
use axum::Extension;
use axum::extract::{Query, Request};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

/// How often a page hears that it is still connected; proxies close what is silent for a minute.
const BEAT_EVERY: Duration = Duration::from_secs(15);
/// How soon a page comes back after its stream ended, at least; each one gets a moment of its own after that, so that not
/// all come at once.
const BACK_AFTER: Duration = Duration::from_millis(700);
/// In how many milliseconds after [`BACK_AFTER`] they all come.
const BACK_WITHIN: u128 = 1_500;
/// How soon a person with too many pages may ask again, in seconds.
const TOO_MANY: &str = "30";

/// What a page says of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Asked {
    /// Its place.
    after: Option<String>,
    /// Its own name.
    page: Option<Uuid>,
    /// The case it shows.
    case: Option<i64>,
    /// There where it shows a list of cases.
    list: Option<String>,
}

/// `GET /live`: a stream of what happens.
pub async fn open(Extension(hub): Extension<Hub>, Query(asked): Query<Asked>, request: Request) -> Response {
    let Some(ctx) = request.extensions().get::<Context>().cloned() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let last = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    match stream_of(hub, &ctx, asked, last).await {
        Ok(response) => response,
        Err(error) => failed(&ctx, &error),
    }
}

/// `GET /live/since`: what happened since the page's place, at once.
pub async fn since(Query(asked): Query<Asked>, request: Request) -> Response {
    let Some(ctx) = request.extensions().get::<Context>().cloned() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let answer = async {
        let page = Page::read(&ctx, &asked).await?;
        let place = asked.after.as_deref().and_then(|text| text.parse().ok());
        let first = page.first(&ctx, place).await?;
        Ok(first.1.iter().map(Say::text).collect::<String>())
    };
    match answer.await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")], text).into_response(),
        Err(error) => failed(&ctx, &error),
    }
}

fn failed(ctx: &Context, error: &AppError) -> Response {
    if error.status().is_server_error() {
        tracing::error!(request_id = %ctx.request_id, %error, "a page can't be told what happens");
    }
    error.status().into_response()
}

async fn stream_of(hub: Hub, ctx: &Context, asked: Asked, last: Option<String>) -> Result<Response, AppError> {
    let page = Page::read(ctx, &asked).await?;
    let place: Option<Snapshot> = last.or(asked.after).and_then(|text| text.parse().ok());
    let session = token::hash(ctx.session_token.as_deref().unwrap_or_default());
    // First among those who are told, then the first look: nothing falls between the two.
    let Some(opened) = hub.take_in(page.reader, page.name, session, page.who(ctx)) else {
        return Ok((StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, TOO_MANY)]).into_response());
    };
    let (place, says) = page.first(ctx, place).await?;
    let retry = BACK_AFTER + Duration::from_millis(u64::try_from(page.name.as_u128() % BACK_WITHIN).unwrap_or(0));
    let mut waiting: VecDeque<Event> = says.iter().map(Say::event).collect();
    if let Some(first) = waiting.pop_front() {
        waiting.push_front(first.retry(retry));
    }
    let live = Live { hub, page, opened, actor: ctx.actor.clone(), place, waiting, ended: false };
    let mut response = Sse::new(live.into_stream()).into_response();
    // A proxy that gathers answers before it passes them on would keep everything to itself.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// A page, and who has it open.
struct Page {
    reader: Reader,
    locale: Locale,
    name: Uuid,
    /// The name of whoever looks; only of staff.
    looker: Option<String>,
}

impl Page {
    async fn read(ctx: &Context, asked: &Asked) -> Result<Self, AppError> {
        let person = ctx.actor.person().ok_or(AppError::SignedOut)?;
        let case = asked.case.map(CaseId);
        let mut tx = ctx.begin().await?;
        // Under the reader's own role: somebody else's case is none.
        if let Some(case) = case
            && !store::is_there(&mut tx, case).await?
        {
            return Err(AppError::NotFound);
        }
        let (side, looker) = match &ctx.actor {
            Actor::Staff(staff) => (Side::House(store::knock(&mut tx, person).await?), Some(staff.name.clone())),
            Actor::Member(member) => (Side::Partner(member.partner), None),
            _ => return Err(AppError::Forbidden),
        };
        tx.commit().await?;
        let role = ctx.actor.staff().map(|staff| staff.role);
        let reader = Reader { person, side, role, case, list: asked.list.is_some() };
        Ok(Self { reader, locale: ctx.locale, name: asked.page.unwrap_or_else(Uuid::new_v4), looker })
    }

    /// Who the session belongs to, as [`store::who_is_in`] says it.
    fn who(&self, ctx: &Context) -> String {
        match &ctx.actor {
            Actor::Staff(staff) => format!("{}/{}", staff.person, staff.role.as_str()),
            Actor::Member(member) => format!("{}/{}", member.person, member.partner),
            _ => String::new(),
        }
    }

    /// What is to be told when the page comes: how many wait, who is there, and what happened after its place.
    async fn first(&self, ctx: &Context, place: Option<Snapshot>) -> Result<(Snapshot, Vec<Say>), AppError> {
        let mut tx = ctx.begin().await?;
        let mut says = Vec::new();
        let until = match place {
            Some(place) => self.read_on(&mut tx, &place, &mut says).await?,
            None => store::now(&mut tx).await?,
        };
        let count = match self.reader.side {
            Side::House(_) => store::waiting(&mut tx, &[self.reader.person]).await?.remove(&self.reader.person),
            Side::Partner(partner) => store::asked(&mut tx, &[partner]).await?.remove(&partner),
        };
        if let (Some(case), Some(name)) = (self.reader.case, &self.looker) {
            store::look(&mut tx, self.name, case, self.reader.person, name).await?;
            let here = store::present(&mut tx, &[case]).await?.remove(&case).unwrap_or_default();
            says.push(self.here(&here));
        }
        tx.commit().await?;
        says.insert(0, Say::new("hello", count.unwrap_or_default().to_string()).at(&until));
        Ok((until, says))
    }

    /// Reads on from a place, under the reader's own role.
    async fn read_on(
        &self,
        tx: &mut app::base::db::Tx,
        place: &Snapshot,
        says: &mut Vec<Say>,
    ) -> Result<Snapshot, AppError> {
        let mut news = store::since(tx, place).await?;
        if matches!(self.reader.side, Side::House(_)) {
            store::assign(tx, &mut news.events).await?;
        }
        if news.lost {
            says.push(Say::new("stale", String::new()).at(&news.until));
        } else {
            self.tell(&news.events, &news.until, says);
        }
        Ok(news.until)
    }

    fn tell(&self, events: &[app::live::model::Event], until: &Snapshot, says: &mut Vec<Say>) {
        for told in rules::tell(&self.reader, events) {
            let sentence = words::sentence(self.locale, self.reader.side, &told);
            let knock = u8::from(told.knock);
            says.push(Say::new("case", format!("{}\n{knock}\n{sentence}", told.case)).at(until));
        }
    }

    fn here(&self, present: &[Present]) -> Say {
        Say::new("here", words::present(self.locale, self.reader.person, present))
    }

    /// What a page is told of a batch that begins at or before its place.
    fn hear(&self, batch: &Batch, place: &Snapshot) -> Vec<Say> {
        let mut says = Vec::new();
        if batch.lost {
            says.push(Say::new("stale", String::new()).at(&batch.until));
        } else {
            let new: Vec<_> = batch.events.iter().filter(|event| !place.sees(event.xid)).cloned().collect();
            self.tell(&new, &batch.until, &mut says);
        }
        if let (Side::House(_), Some(present)) =
            (self.reader.side, self.reader.case.and_then(|case| batch.present.get(&case)))
        {
            says.push(self.here(present));
        }
        if let Some(count) = batch.counts.as_ref().and_then(|counts| counts.of(&self.reader)) {
            says.push(Say::new("count", count.to_string()));
        }
        says
    }
}

/// One event on its way out.
struct Say {
    kind: &'static str,
    data: String,
    place: Option<String>,
}

impl Say {
    fn new(kind: &'static str, data: String) -> Self {
        // A name may hold anything; one line stays one line.
        Self { kind, data: data.replace('\r', " "), place: None }
    }

    fn at(self, place: &Snapshot) -> Self {
        Self { place: Some(place.to_string()), ..self }
    }

    fn event(&self) -> Event {
        // Browsers pass over an event without data, and no line of it is written for an empty text.
        let data = if self.data.is_empty() { " " } else { &self.data };
        let event = Event::default().event(self.kind).data(data);
        match &self.place {
            Some(place) => event.id(place),
            None => event,
        }
    }

    fn text(&self) -> String {
        let id = self.place.as_ref().map(|place| format!("id: {place}\n")).unwrap_or_default();
        let data: String = self.data.split('\n').map(|line| format!("data: {line}\n")).collect();
        format!("event: {}\n{id}{data}\n", self.kind)
    }
}

/// A stream that is open.
struct Live {
    hub: Hub,
    page: Page,
    opened: Opened,
    actor: Actor,
    place: Snapshot,
    waiting: VecDeque<Event>,
    ended: bool,
}

impl Live {
    fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut live| async move {
            loop {
                if let Some(event) = live.waiting.pop_front() {
                    return Some((Ok(event), live));
                }
                if live.ended {
                    return None;
                }
                live.wait().await;
            }
        })
    }

    /// Waits for something to tell.
    async fn wait(&mut self) {
        let heard = tokio::select! {
            biased;
            () = self.opened.end.cancelled() => return self.end(Say::new("ended", String::new())),
            () = self.opened.stop.cancelled() => return self.end(Say::new("stopping", String::new())),
            heard = self.opened.told.recv() => heard,
            () = tokio::time::sleep(BEAT_EVERY) => {
                self.waiting.push_back(Say::new("beat", String::new()).event());
                return;
            }
        };
        match heard {
            Ok(batch) => self.hear(&batch).await,
            Err(RecvError::Lagged(_)) => self.catch_up().await,
            Err(RecvError::Closed) => self.ended = true,
        }
    }

    fn end(&mut self, last: Say) {
        self.waiting.push_back(last.event());
        self.ended = true;
    }

    async fn hear(&mut self, batch: &Arc<Batch>) {
        if !self.place.includes(&batch.from) {
            return self.catch_up().await;
        }
        self.waiting.extend(self.page.hear(batch, &self.place).iter().map(Say::event));
        if !self.place.includes(&batch.until) {
            self.place = batch.until.clone();
        }
    }

    /// Reads for itself what the reader of all did not say.
    async fn catch_up(&mut self) {
        let read = async {
            let mut tx = self.hub.db.begin(&self.actor).await?;
            let mut says = Vec::new();
            let place = self.page.read_on(&mut tx, &self.place, &mut says).await?;
            tx.commit().await?;
            Ok::<_, AppError>((place, says))
        };
        match read.await {
            Ok((place, says)) => {
                self.place = place;
                self.waiting.extend(says.iter().map(Say::event));
            }
            // The page comes back with its place, and reads on from there.
            Err(error) => {
                tracing::warn!(%error, "a stream ends, since it can't read on");
                self.ended = true;
            }
        }
    }
}

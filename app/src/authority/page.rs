//! `/authority`: limits by role and person, floors of the margin, rules of decreases, and what was done within authority.

use super::store::{self, Floor, InForce, Programme, Whose, Within};
use crate::base::actor::Role;
use crate::base::clock::SINCE_EVER;
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::disputes::store as cases;
use crate::paths;
use crate::ui::field::{Field, Hidden, Select, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::done;
use crate::ui::screen::screen;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// The page.
#[component]
pub fn AuthorityPage() -> impl IntoView {
    screen(|ctx, query| async move {
        let may = ctx.staff()?.role == Role::Owner;
        let locale = ctx.locale;
        let mut tx = ctx.begin().await?;
        let desk = store::desk(&mut tx).await?;
        let desk: Vec<_> = desk.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let mut parts = Vec::new();
        for programme in store::programmes(&mut tx, ctx.now()).await? {
            let in_force = store::in_force(&mut tx, programme.id, ctx.now()).await?;
            let floors = store::floors(&mut tx, programme.id, ctx.now()).await?;
            let offers = cases::offers(&mut tx, programme.id).await?;
            let all = std::iter::once((String::new(), tr!(locale, authority.all_offers)));
            let offers = all.chain(offers.into_iter().map(|(id, name)| (id.to_string(), name))).collect();
            let about = About { ctx: &ctx, programme: &programme, draft: &draft, may };
            parts.push(about.limits(in_force, desk.clone()));
            parts.push(about.floors(floors, offers));
            parts.push(about.decreases());
        }
        let within = store::within(&mut tx).await?;
        drop(tx);
        let title = tr!(locale, authority.title);
        let said = (query.get("done") == Some("set")).then(|| tr!(locale, authority.done));
        let body = view! {
            {page_head(title.clone(), Some(view! { <p>{tr!(locale, authority.lead)}</p> }.into_any()))}
            {done(&ctx, said)}
            {parts}
            {within_table(&ctx, within)}
        };
        Ok((title, body.into_any()))
    })
}

/// What the parts of one programme need.
struct About<'a> {
    ctx: &'a Context,
    programme: &'a Programme,
    draft: &'a Draft,
    may: bool,
}

impl About<'_> {
    fn typed(&self, form: &str) -> (Draft, String) {
        let typed = if self.draft.value("form_name") == form { self.draft.clone() } else { Draft::default() };
        let id = if typed.is_refused() { "form".to_owned() } else { form.to_owned() };
        (typed, id)
    }

    fn limits(&self, in_force: Vec<InForce>, desk: Vec<(String, String)>) -> AnyView {
        let (ctx, locale, programme) = (self.ctx, self.ctx.locale, self.programme);
        let money = |amount: Decimal| text::amount(ctx, Money::new(amount, programme.currency));
        let head = vec![
            Head { label: tr!(locale, authority.column_who), numeric: false },
            Head { label: tr!(locale, authority.column_lowest), numeric: true },
            Head { label: tr!(locale, authority.column_largest), numeric: true },
            Head { label: tr!(locale, authority.column_since), numeric: false },
        ];
        let rows = in_force
            .into_iter()
            .map(|one| {
                let who = match one.whose {
                    Whose::Role(role) => role_words(ctx, role),
                    Whose::Person(_, name) => name,
                };
                let by = one.by.unwrap_or_else(|| tr!(locale, authority.command));
                let day = format::date(locale, ctx.time_zone, one.since.max(SINCE_EVER));
                let since = tr!(locale, authority.since, day = day, name = by);
                Row {
                    href: None,
                    cells: vec![who.into_any(), money(one.lowest_minimum), money(one.largest_credit), since.into_any()],
                }
            })
            .collect();
        let caption = tr!(locale, authority.roles_title, programme = programme.name.clone());
        let forms = self.may.then(|| {
            let of_role = [Role::Agent, Role::Lead, Role::Owner].map(|role| {
                let (typed, id) = self.typed(&format!("authority-{}-{}", programme.code, role.as_str()));
                let (open, code, amounts) = (typed.is_refused(), programme.code.clone(), self.amounts(&typed));
                view! {
                    <details open=open>
                        <summary>{role_words(ctx, role)}</summary>
                        <Form action="/do/set-authority" id=id draft=&typed class="inline">
                            <Hidden name="programme" value=code/>
                            <Hidden name="role" value=role.as_str()/>
                            {amounts()}
                            <Submit text=tr!(locale, authority.set) tone=Weight::Quiet/>
                        </Form>
                    </details>
                }
            });
            let (typed, id) = self.typed(&format!("authority-{}-person", programme.code));
            let (open, code, amounts) = (typed.is_refused(), programme.code.clone(), self.amounts(&typed));
            let (back_id, back_code, everybody) = (format!("withdraw-{code}"), code.clone(), desk.clone());
            view! {
                {of_role.collect_view()}
                <details open=open>
                    <summary>{tr!(locale, authority.persons_title, programme = programme.name.clone())}</summary>
                    <p>{tr!(locale, authority.persons_lead)}</p>
                    <Form action="/do/set-authority" id=id draft=&typed class="inline">
                        <Hidden name="programme" value=code/>
                        <Select
                            name="person" label=tr!(locale, authority.person) options=everybody selected=typed.value("person")
                            error=typed.error("person") required=true
                        />
                        {amounts()}
                        <Submit text=tr!(locale, authority.set) tone=Weight::Quiet/>
                    </Form>
                    <Form action="/do/set-authority" id=back_id class="inline">
                        <Hidden name="programme" value=back_code/>
                        <Hidden name="withdraw" value="yes"/>
                        <Select name="person" label=tr!(locale, authority.person) options=desk required=true/>
                        <Submit text=tr!(locale, authority.withdraw) tone=Weight::Quiet/>
                    </Form>
                </details>
            }
        });
        let table = view! { <Table caption=caption.clone() head=head rows=rows/> };
        section(caption, view! { {table}{forms} }.into_any())
    }

    /// Both amounts, to be made inside their form, whose id is a part of theirs.
    fn amounts(&self, typed: &Draft) -> impl FnOnce() -> AnyView + Send + use<> {
        let (locale, code, typed) = (self.ctx.locale, self.programme.currency.code().to_owned(), typed.clone());
        move || {
            view! {
                <Field
                    name="lowest" label=tr!(locale, authority.lowest, currency = code.clone()) inputmode="decimal"
                    value=typed.value("lowest") error=typed.error("lowest") required=true
                />
                <Field
                    name="largest" label=tr!(locale, authority.largest, currency = code) inputmode="decimal"
                    value=typed.value("largest") error=typed.error("largest") required=true
                />
            }
            .into_any()
        }
    }

    fn floors(&self, floors: Vec<Floor>, offers: Vec<(String, String)>) -> AnyView {
        let (ctx, locale, programme) = (self.ctx, self.ctx.locale, self.programme);
        let head = vec![
            Head { label: tr!(locale, authority.column_who), numeric: false },
            Head { label: tr!(locale, authority.offer), numeric: false },
            Head { label: tr!(locale, authority.column_floor), numeric: true },
        ];
        let rows = floors
            .into_iter()
            .map(|(offer, partner, floor)| Row {
                href: None,
                cells: vec![
                    partner.unwrap_or_else(|| tr!(locale, authority.all_partners)).into_any(),
                    offer.unwrap_or_else(|| tr!(locale, authority.all_offers)).into_any(),
                    text::percent(ctx, floor),
                ],
            })
            .collect();
        let caption = tr!(locale, authority.floors_title, programme = programme.name.clone());
        let form = self.may.then(|| {
            let (typed, id) = self.typed(&format!("floor-{}", programme.code));
            let code = programme.code.clone();
            view! {
                <Form action="/do/set-floor" id=id draft=&typed class="inline">
                    <Hidden name="programme" value=code/>
                    <Field
                        name="partner" label=tr!(locale, authority.partner) hint=Some(tr!(locale, authority.partner_hint))
                        value=typed.value("partner") error=typed.error("partner")
                    />
                    <Select name="offer" label=tr!(locale, authority.offer) options=offers selected=typed.value("offer")/>
                    <Field
                        name="floor" label=tr!(locale, authority.floor) inputmode="decimal" hint=Some(tr!(locale, authority.floor_hint))
                        value=typed.value("floor") error=typed.error("floor")
                    />
                    <Submit text=tr!(locale, authority.set) tone=Weight::Quiet/>
                </Form>
            }
        });
        let lead = tr!(locale, authority.floors_lead);
        let table = view! { <Table caption=caption.clone() head=head rows=rows/> };
        section(caption, view! { <p>{lead}</p>{table}{form} }.into_any())
    }

    fn decreases(&self) -> AnyView {
        let (locale, programme) = (self.ctx.locale, self.programme);
        let step = format::percent(locale, programme.largest_step);
        let words = tr!(locale, authority.decreases_now, days = programme.notice_days, step = step);
        let form = self.may.then(|| {
            let (typed, id) = self.typed(&format!("decreases-{}", programme.code));
            let code = programme.code.clone();
            view! {
                <Form action="/do/set-decrease-policy" id=id draft=&typed class="inline">
                    <Hidden name="programme" value=code/>
                    <Field
                        name="days" label=tr!(locale, authority.days) inputmode="numeric" value=typed.value("days")
                        error=typed.error("days") required=true
                    />
                    <Field
                        name="step" label=tr!(locale, authority.step) inputmode="decimal" value=typed.value("step")
                        error=typed.error("step") required=true
                    />
                    <Submit text=tr!(locale, authority.set) tone=Weight::Quiet/>
                </Form>
            }
        });
        let title = tr!(locale, authority.decreases_title, programme = programme.name.clone());
        section(title, view! { <p>{words}</p>{form} }.into_any())
    }
}

fn role_words(ctx: &Context, role: Role) -> String {
    match role {
        Role::Agent => tr!(ctx.locale, authority.role_agent),
        Role::Lead => tr!(ctx.locale, authority.role_lead),
        _ => tr!(ctx.locale, authority.role_owner),
    }
}

fn within_table(ctx: &Context, within: Vec<Within>) -> AnyView {
    let locale = ctx.locale;
    let title = tr!(locale, authority.within_title);
    if within.is_empty() {
        return section(title, view! { <p>{tr!(locale, authority.within_empty)}</p> }.into_any());
    }
    let head = vec![
        Head { label: tr!(locale, authority.column_who), numeric: false },
        Head { label: tr!(locale, authority.column_what), numeric: false },
        Head { label: tr!(locale, authority.partner), numeric: false },
        Head { label: tr!(locale, authority.column_when), numeric: false },
    ];
    let rows = within
        .into_iter()
        .map(|one| {
            let amount = format::money(locale, one.money);
            let what = match (one.proposal, one.case) {
                (Some(id), _) => text::link(paths::proposal(id), format!("{}: {amount}", tr!(locale, terms.minimum))),
                (None, Some(case)) => text::link(paths::case(case.into()), amount),
                (None, None) => amount.into_any(),
            };
            Row {
                href: None,
                cells: vec![one.by.into_any(), what, one.partner.into_any(), text::time_exact(ctx, one.at)],
            }
        })
        .collect();
    let lead = tr!(locale, authority.within_lead);
    let table = view! { <Table caption=title.clone() head=head rows=rows/> };
    section(title, view! { <p>{lead}</p>{table} }.into_any())
}

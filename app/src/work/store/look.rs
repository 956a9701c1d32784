//! What stands beside a case: with whom it could be, what it was merged with, what it has to do with.

use super::unknown;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::disputes::model::{Kind, Stage};
use crate::rota::rules::on_duty;
use crate::rota::store::{colleagues, rota};
use crate::work::model::Other;
use chrono::{DateTime, Utc};

/// Somebody who may be given a case.
#[derive(Clone, Debug)]
pub struct Named {
    /// Who.
    pub person: PersonId,
    /// The name they sign with.
    pub name: String,
    /// Whether they are on shift now.
    pub on_shift: bool,
}

/// Everybody who answers cases, those on shift first.
///
/// # Errors
/// When the database is away.
pub async fn colleagues_on(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Named>, AppError> {
    let there: Vec<_> = on_duty(&rota(tx, now).await?, now).into_iter().map(|each| each.person).collect();
    let mut all: Vec<_> = colleagues(tx)
        .await?
        .into_iter()
        .filter(|each| each.active)
        .map(|each| Named { person: each.person, on_shift: there.contains(&each.person), name: each.name })
        .collect();
    all.sort_by_key(|each| !each.on_shift);
    Ok(all)
}

/// Where a case stands among the others.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    /// Where its conversation goes on, if it was merged.
    pub goes_on_in: Option<CaseId>,
    /// Cases that go on in it.
    pub merged: Vec<CaseId>,
    /// Cases that have to do with it.
    pub linked: Vec<Other>,
}

/// Where a case stands among the others.
///
/// # Errors
/// When the database is away.
pub async fn look(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Placed, AppError> {
    let home = super::home(tx, partner, case).await?;
    let merged = sqlx::query_scalar!(
        r#"SELECT each.id AS "case!: CaseId" FROM unnest(case_family($1, $2)) AS each (id) WHERE each.id <> $2 ORDER BY each.id"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let linked = sqlx::query_as!(
        OtherRow,
        r#"SELECT c.case_id, c.partner_id, p.code || ' ' || p.name AS "partner_name!", c.kind, c.subject, c.stage
           FROM (SELECT l.other_partner_id AS partner_id, l.other_case_id AS case_id FROM case_link l
                 WHERE l.partner_id = $1 AND l.case_id = $2
                 UNION ALL
                 SELECT l.partner_id, l.case_id FROM case_link l WHERE l.other_partner_id = $1 AND l.other_case_id = $2) linked
           JOIN support_case c USING (partner_id, case_id) JOIN partner p USING (partner_id) ORDER BY c.case_id"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Placed {
        goes_on_in: (home != case).then_some(home),
        merged,
        linked: linked.into_iter().map(OtherRow::read).collect::<Result<_, _>>()?,
    })
}

/// Other open cases of a partner, into which one could be merged.
///
/// # Errors
/// When the database is away.
pub async fn others_of(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Vec<Other>, AppError> {
    let rows = sqlx::query_as!(
        OtherRow,
        r#"SELECT c.case_id, c.partner_id, p.code || ' ' || p.name AS "partner_name!", c.kind, c.subject, c.stage
           FROM support_case c JOIN partner p USING (partner_id)
           WHERE c.partner_id = $1 AND c.case_id <> $2 AND c.stage <> 'closed' ORDER BY c.case_id DESC LIMIT 100"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(OtherRow::read).collect()
}

struct OtherRow {
    case_id: i64,
    partner_id: i64,
    partner_name: String,
    kind: String,
    subject: String,
    stage: String,
}

impl OtherRow {
    fn read(self) -> Result<Other, AppError> {
        Ok(Other {
            id: CaseId(self.case_id),
            partner: PartnerId(self.partner_id),
            partner_name: self.partner_name,
            kind: Kind::parse(&self.kind).ok_or_else(|| unknown(&self.kind))?,
            subject: self.subject,
            stage: Stage::parse(&self.stage).ok_or_else(|| unknown(&self.stage))?,
        })
    }
}

//! What the house promises and nobody should have to count: that nothing that came in lies about, that late money is
//! announced, that people sign, who looked at what is masked.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::rota::spans::Span;

/// Of a time, as of its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Care {
    /// Mails that came in.
    pub mails: i64,
    /// Of those, the ones that became messages.
    pub in_cases: i64,
    /// Those that wait or waited for a person.
    pub for_people: i64,
    /// Those that repeated another one.
    pub repeated: i64,
    /// Those that nothing has become of yet.
    pub unplaced: i64,
    /// Of all that came in, mails and messages, what nobody disposed of within a day.
    pub lying: i64,
    /// Payouts that were sent after their pay day, or not yet.
    pub late: i64,
    /// Of those, the ones that were announced before it.
    pub announced: i64,
    /// Mails about cases.
    pub letters: i64,
    /// Of those, the ones that a person signed.
    pub signed: i64,
}

/// Counts it.
///
/// # Errors
/// When the database is away.
pub async fn care(tx: &mut Tx, window: Span) -> Result<Care, AppError> {
    let mail = sqlx::query!(
        r#"SELECT count(*) AS "mails!", count(*) FILTER (WHERE fate = 'case') AS "in_cases!",
                  count(*) FILTER (WHERE fate = 'quarantine') AS "for_people!", count(*) FILTER (WHERE fate = 'duplicate') AS "repeated!",
                  count(*) FILTER (WHERE fate = 'received') AS "unplaced!",
                  count(*) FILTER (WHERE fate IN ('received', 'quarantine') AND NOT disposed AND received_at <= $2::timestamptz - interval '24 hours') AS "lying!"
           FROM (SELECT i.received_at, CASE WHEN i.handled_at <= $2 THEN i.state ELSE 'received' END AS fate,
                        EXISTS (SELECT FROM mail_disposition d WHERE d.mail_in_id = i.mail_in_id AND d.at <= $2) AS disposed
                 FROM mail_in i WHERE i.received_at >= $1 AND i.received_at < $2) each"#,
        window.from,
        window.to,
    )
    .fetch_one(&mut **tx)
    .await?;
    let messages = sqlx::query_scalar!(
        r#"SELECT count(*) AS "lying!" FROM support_case c
           WHERE c.opened_at <= $1::timestamptz - interval '24 hours' AND (c.stage <> 'closed' OR c.closed_at > $1)
             AND EXISTS (
                 SELECT FROM message m
                 WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id AND m.side = 'partner' AND m.sent_at <= $1::timestamptz - interval '24 hours'
                   AND m.message_id > greatest(
                       (SELECT coalesce(max(r.message_id), 0) FROM message r
                        WHERE r.partner_id = c.partner_id AND r.case_id = c.case_id AND r.side = 'staff' AND r.sent_at <= $1),
                       (SELECT coalesce(max(n.message_id), 0) FROM needs_no_answer n
                        WHERE n.partner_id = c.partner_id AND n.case_id = c.case_id AND n.marked_at <= $1)))"#,
        window.to,
    )
    .fetch_one(&mut **tx)
    .await?;
    let money = sqlx::query!(
        r#"SELECT count(*) AS "late!", count(*) FILTER (WHERE EXISTS (
                      SELECT FROM payout_delay d
                      WHERE d.payout_run_id = late.payout_run_id AND (d.told_at AT TIME ZONE late.time_zone)::date < late.pay_day)) AS "announced!"
           FROM (SELECT p.payout_run_id, p.pay_day, g.time_zone
                 FROM payout p JOIN programme g USING (programme_id)
                 WHERE p.pay_day >= ($1 AT TIME ZONE g.time_zone)::date AND p.pay_day < ($2 AT TIME ZONE g.time_zone)::date
                   AND p.created_at <= $2
                   AND NOT EXISTS (SELECT FROM payout_event e WHERE e.partner_id = p.partner_id AND e.payout_id = p.payout_id AND e.at <= $2
                                   AND (e.to_state = 'cancelled'
                                        OR (e.to_state = 'submitted' AND (e.at AT TIME ZONE g.time_zone)::date <= p.pay_day)))) late"#,
        window.from,
        window.to,
    )
    .fetch_one(&mut **tx)
    .await?;
    let letters = sqlx::query!(
        r#"SELECT count(*) AS "letters!", count(*) FILTER (WHERE o.signed_by <> g.name) AS "signed!"
           FROM mail_out o JOIN partner p USING (partner_id) JOIN programme g USING (programme_id)
           WHERE o.case_id IS NOT NULL AND o.written_at >= $1 AND o.written_at < $2"#,
        window.from,
        window.to,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Care {
        mails: mail.mails,
        in_cases: mail.in_cases,
        for_people: mail.for_people,
        repeated: mail.repeated,
        unplaced: mail.unplaced,
        lying: mail.lying + messages,
        late: money.late,
        announced: money.announced,
        letters: letters.letters,
        signed: letters.signed,
    })
}

/// How often each person revealed a bank detail or tax number in a time; name and count, the most first.
///
/// # Errors
/// When the database is away.
pub async fn reveals(tx: &mut Tx, window: Span) -> Result<Vec<(String, i64)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT s.name, count(*) AS "count!" FROM payout_method_reveal r JOIN staff s USING (person_id)
           WHERE r.revealed_at >= $1 AND r.revealed_at < $2 GROUP BY s.person_id, s.name ORDER BY count(*) DESC, s.name"#,
        window.from,
        window.to,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.count)).collect())
}

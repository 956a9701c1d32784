//! Files that people attach to what they write.

use crate::desk_house::{Answer, House, key};
use app::base::error::{AppError, constraint};
use app::base::ids::AttachmentId;
use app::inbox::files;
use app::inbox::store::scan_waiting;
use app::inbox::uploads::{Trouble, Uploads};
use app::mail::home::MailHome;
use app::mail::store as mail;
use sqlx::PgPool;
use uuid::Uuid;

fn picture() -> Uploads {
    let mut files = Uploads::default();
    files.take("pedido.png", "text/html", Some(b"\x89PNG\r\n\x1a\nrest".to_vec()));
    files
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partners_file_is_theirs_and_scanned_first(pool: PgPool) {
    let house = House::open(pool).await;
    let (case, form_key) = (house.opened().await, key());
    let answer = house.answer_with(&house.ana(), case, "Here it is.", &form_key, picture()).await;
    assert_eq!(answer, Answer::To(format!("/disputes/{case}?done=sent")));
    house.answer_with(&house.ana(), case, "Here it is.", &form_key, picture()).await;
    assert_eq!(house.count("attachment WHERE kind = 'image/png' AND declared = 'text/html'").await, 1, "sniffed, once");
    let id = AttachmentId(house.one("SELECT attachment_id FROM attachment").await);
    assert!(matches!(files::give(&house.ana(), id).await, Err(AppError::Forbidden)), "not scanned yet");
    scan_waiting(house.db(), None, house.now).await.expect("no scanner");
    assert_eq!(files::give(&house.ana(), id).await.expect("hers").name, "pedido.png");
    assert!(files::give(&house.tomas(), id).await.is_ok(), "the desk's too");
    assert!(matches!(files::give(&house.bo(), id).await, Err(AppError::NotFound)), "nobody else's");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_file_sends_nothing_and_keeps_the_text(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    let mut files = picture();
    files.refuse(Trouble::TooLarge("film.mp4".into()));
    let back = house.answer_with(&house.ana(), case, "My words", &key(), files.clone()).await;
    assert!(back.is_back_to(&format!("/disputes/{case}")));
    assert_eq!(house.one::<String>("SELECT fields ->> 'body' FROM form_draft").await, "My words");
    assert!(house.one::<String>("SELECT errors ->> 'files' FROM form_draft").await.contains("film.mp4"));
    let back = house.reply_with(&house.tomas(), case, "Ours", files).await;
    assert!(back.is_back_to(&format!("/desk/{case}")));
    assert_eq!(house.count("message").await, 1);
    assert_eq!(house.count("attachment").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn staffs_files_go_out_with_the_mail_once_they_are_scanned(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    house.reply_with(&house.tomas(), case, "The statement.", picture()).await;
    let id: i64 = house.one("SELECT mail_id FROM mail_out").await;
    let loaded = mail::load(house.db(), &house.tomas().secrets, id).await.expect("mail");
    assert!(loaded.awaits_scan);
    scan_waiting(house.db(), None, house.now).await.expect("no scanner");
    let loaded = mail::load(house.db(), &house.tomas().secrets, id).await.expect("mail");
    assert!(!loaded.awaits_scan && !loaded.is_bounced);
    assert_eq!(loaded.envelope.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["pedido.png"]);
    // A harmful one does not.
    house.reply_with(&house.tomas(), case, "Once more.", picture()).await;
    house
        .run("UPDATE attachment SET scan = 'infected', finding = 'X', scanned_at = now() WHERE scan = 'waiting'")
        .await;
    let id: i64 = house.one("SELECT max(mail_id) FROM mail_out").await;
    let loaded = mail::load(house.db(), &house.tomas().secrets, id).await.expect("mail");
    assert!(!loaded.awaits_scan && loaded.envelope.files.is_empty());
    // Mails to Ana come back from now on: nothing is sent there, and the portal has it all the same.
    house.run("UPDATE person SET bounced_at = now(), bounce_status = '5.1.1' WHERE email LIKE 'ana@%'").await;
    assert!(mail::load(house.db(), &house.tomas().secrets, id).await.expect("mail").is_bounced);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_counts_and_weighs_them_too(pool: PgPool) {
    let house = House::open(pool).await;
    house.opened().await;
    let form_key: Uuid = house.one("SELECT form_key FROM message").await;
    let refused = async |files: &[usize]| {
        let mut tx = house.ana().begin().await.expect("begin");
        for bytes in files {
            let mut one = Uploads::default();
            one.take("f", "", Some(vec![7; *bytes]));
            if let Err(error) = one.keep(&mut tx, house.garden, form_key, house.now).await {
                let AppError::Database(error) = error else { panic!("{error}") };
                return constraint(&error).map(str::to_owned);
            }
        }
        None
    };
    assert_eq!(refused(&[1; 5]).await, None);
    assert_eq!(refused(&[1; 6]).await.as_deref(), Some("attachment_by_hand_few"));
    assert_eq!(refused(&[10_485_760, 5_242_880]).await, None);
    assert_eq!(refused(&[10_485_760, 5_242_881]).await.as_deref(), Some("attachment_by_hand_fit_together"));
    assert_eq!(refused(&[10_485_761]).await.as_deref(), Some("attachment_by_hand_fits"));
    // A partner attaches to their own words only, and says nothing about scans.
    let case = house.last_case().await;
    house.reply(&house.tomas(), case, "Ours", false).await;
    for sql in [
        "INSERT INTO attachment (partner_id, case_id, message_id, name, kind, declared, sha256, bytes, data, scan, added_at)
         SELECT partner_id, case_id, message_id, 'f', 'text/plain', '', sha256('x'), 1, 'x', 'waiting', now() FROM message WHERE side = 'staff'",
        "INSERT INTO attachment (partner_id, case_id, message_id, name, kind, declared, sha256, bytes, data, scan, added_at)
         SELECT partner_id, case_id, message_id, 'f', 'text/plain', '', sha256('x'), 1, 'x', 'not_scanned', now() FROM message WHERE side = 'partner'",
        "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key, channel)
         SELECT partner_id, case_id, 'partner', opened_by, 'Ana', 'I called', now(), gen_random_uuid(), 'phone' FROM support_case",
    ] {
        let mut tx = house.ana().begin().await.expect("begin");
        let error = sqlx::raw_sql(sql).execute(&mut *tx).await.expect_err(sql);
        assert_eq!(crate::desk_house::code(&error), "42501", "{error}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_names_the_partners_own_mail(pool: PgPool) {
    let house = House::open(pool).await;
    let case = house.opened().await;
    // Ana wrote two mails into her case; the second one's id can't stand in a header.
    for (uid, at) in [("CAF-1@mail.example.net", "2026-12-01T12:01Z"), ("a b<c@x", "2026-12-01T12:02Z")] {
        house
            .run(&format!(
                "INSERT INTO mail_in (sha256, raw, bytes, source, received_at) VALUES (sha256('{uid}'), 'x', 1, 'command', '{at}');
                 INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key, mail_in_id, channel)
                 SELECT partner_id, case_id, 'partner', opened_by, 'Ana Soler', 'By mail', '{at}', gen_random_uuid(),
                        (SELECT max(mail_in_id) FROM mail_in), 'mail' FROM support_case;
                 UPDATE mail_in SET state = 'case', handled_at = '{at}', message_uid = '{uid}', partner_id = m.partner_id,
                        case_id = m.case_id, message_id = m.message_id
                 FROM message m WHERE m.mail_in_id = mail_in.mail_in_id AND mail_in.state = 'received'"
            ))
            .await;
    }
    let tomas = house.later(5).tomas();
    house.reply(&tomas, case, "One moment.", false).await;
    let domain = MailHome::default().domain().to_owned();
    let refs: Vec<String> = house.one("SELECT refs FROM mail_out").await;
    assert_eq!(refs, [format!("<case-{case}@{domain}>"), "<CAF-1@mail.example.net>".to_owned()]);
    house.later(6).reply(&house.later(6).tomas(), case, "Here it is.", false).await;
    let refs: Vec<String> = house.one("SELECT refs FROM mail_out ORDER BY mail_id DESC LIMIT 1").await;
    let first: String = house.one("SELECT message_uid FROM mail_out ORDER BY mail_id LIMIT 1").await;
    assert_eq!(refs[1..], ["<CAF-1@mail.example.net>".to_owned(), first]);
}

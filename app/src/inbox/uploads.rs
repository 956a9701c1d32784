//! Files that a person attaches to a message here. Whichever form sends them, its server function finds them beside its
//! fields; what is taken is kept, scanned and given out like the files of a mail.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{Draft, Errors};
use crate::base::ids::PartnerId;
use crate::base::language::{Locale, tr};
use crate::inbox::page::size;
use crate::inbox::read::{file_name, sniff};
use crate::ui::field::FileField;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The name of the field that forms send files under.
pub const FIELD: &str = "files";
/// Files of one message. The database says the same: `attachment_by_hand_few`.
pub const MOST: usize = 5;
/// Bytes of one file; `attachment_by_hand_fits`.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// Bytes of all files of a message; `attachment_by_hand_fit_together`. In a mail they are a third longer, and many mail
/// servers take no more than 25 MB.
pub const LARGEST_TOGETHER: usize = 15 * 1024 * 1024;

/// A file as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its name, safe to save under.
    pub name: String,
    /// What its sender says it is.
    pub declared: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Why files were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There are more than [`MOST`].
    TooMany,
    /// This one is larger than [`LARGEST`].
    TooLarge(String),
    /// They are larger than [`LARGEST_TOGETHER`].
    TooLargeTogether,
    /// This one is empty.
    Empty(String),
    /// The line broke in the middle.
    BrokenOff,
}

/// The files of a request, or why they were not taken: all of them or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uploads {
    files: Vec<Upload>,
    trouble: Option<Trouble>,
}

impl Uploads {
    /// Those of the request being answered. To be asked before the first await of a server function.
    pub fn of_request() -> Self {
        use_context::<Self>().unwrap_or_default()
    }

    /// How many more bytes a file may have.
    pub fn room(&self) -> usize {
        LARGEST.min(LARGEST_TOGETHER.saturating_sub(self.total()))
    }

    fn total(&self) -> usize {
        self.files.iter().map(|file| file.bytes.len()).sum()
    }

    /// Takes a file; `bytes` is `None` where it did not fit into [`Uploads::room`].
    pub fn take(&mut self, name: &str, declared: &str, bytes: Option<Vec<u8>>) {
        let kind = bytes.as_deref().map_or("application/octet-stream", sniff);
        let name = file_name(Some(name), kind, self.files.len());
        match bytes {
            None if self.room() < LARGEST => self.refuse(Trouble::TooLargeTogether),
            None => self.refuse(Trouble::TooLarge(name)),
            Some(bytes) if bytes.is_empty() => self.refuse(Trouble::Empty(name)),
            Some(_) if self.files.len() >= MOST => self.refuse(Trouble::TooMany),
            Some(bytes) => {
                let declared = declared.chars().filter(|c| !c.is_control()).take(100).collect();
                self.files.push(Upload { name, declared, bytes });
            }
        }
    }

    /// Notes why they are not taken; the first reason stays.
    pub fn refuse(&mut self, trouble: Trouble) {
        self.trouble.get_or_insert(trouble);
    }

    /// Adds what is wrong with them beside their field.
    pub fn check(&self, locale: Locale, errors: &mut Errors) {
        let Some(trouble) = &self.trouble else { return };
        let message = match trouble {
            Trouble::TooMany => tr!(locale, uploads.too_many, most = MOST),
            Trouble::TooLarge(name) => {
                tr!(locale, uploads.too_large, name = name.as_str(), most = size(locale, LARGEST))
            }
            Trouble::TooLargeTogether => {
                tr!(locale, uploads.too_large_together, most = size(locale, LARGEST_TOGETHER))
            }
            Trouble::Empty(name) => tr!(locale, uploads.empty, name = name.as_str()),
            Trouble::BrokenOff => tr!(locale, uploads.broken_off),
        };
        errors.add(FIELD, message);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Keeps them with the message that a form of the partner's case wrote.
    ///
    /// # Errors
    /// `attachment_by_hand_few`, `attachment_by_hand_fits`, `attachment_by_hand_fit_together`; when there is no such
    /// message, nothing is kept and [`AppError::Conflict`] says so.
    pub async fn keep(
        &self,
        tx: &mut Tx,
        partner: PartnerId,
        form_key: Uuid,
        at: DateTime<Utc>,
    ) -> Result<(), AppError> {
        for file in &self.files {
            let kept = sqlx::query!(
                "INSERT INTO attachment (partner_id, case_id, message_id, name, kind, declared, sha256, bytes, data, scan, added_at)
                 SELECT partner_id, case_id, message_id, $3, $4, $5, $6, $7, $8, 'waiting', $9
                 FROM message WHERE partner_id = $1 AND form_key = $2",
                partner.0,
                form_key,
                file.name,
                sniff(&file.bytes),
                file.declared,
                Sha256::digest(&file.bytes).to_vec(),
                i32::try_from(file.bytes.len()).unwrap_or(i32::MAX),
                file.bytes,
                at,
            )
            .execute(&mut **tx)
            .await?;
            crate::base::error::exactly_one(kept.rows_affected())?;
        }
        Ok(())
    }
}

/// The field that takes them, for a form `with_file`. It stands last, so that the fields before it are there even where
/// the files break off.
pub fn field(locale: Locale, draft: &Draft) -> AnyView {
    let again = draft.is_refused().then(|| tr!(locale, uploads.again));
    let hint = tr!(locale, uploads.hint, most = MOST, size = size(locale, LARGEST_TOGETHER));
    let hint = again.map_or(hint.clone(), |again| format!("{again} {hint}"));
    view! {
        <FileField
            name=FIELD label=tr!(locale, uploads.label) hint=Some(hint) error=draft.error(FIELD) optional=true several=true
        />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_taken_or_none() {
        let mut uploads = Uploads::default();
        for _ in 0..MOST {
            uploads.take("../a b.png", "image/png", Some(b"\x89PNG\r\n\x1a\n".to_vec()));
        }
        assert_eq!((uploads.count(), uploads.trouble.clone()), (MOST, None));
        assert_eq!(uploads.files[0].name, "a b.png");
        uploads.take("one more", "", Some(vec![1]));
        assert_eq!(uploads.trouble, Some(Trouble::TooMany));
        uploads.take("empty", "", Some(Vec::new()));
        assert_eq!(uploads.trouble, Some(Trouble::TooMany), "the first reason stays");
    }

    #[test]
    fn a_file_has_to_fit_alone_and_beside_the_others() {
        let mut uploads = Uploads::default();
        assert_eq!(uploads.room(), LARGEST);
        uploads.take("film.mp4", "video/mp4", None);
        assert_eq!(uploads.trouble, Some(Trouble::TooLarge("film.mp4".into())));
        let mut uploads = Uploads::default();
        uploads.take("one", "", Some(vec![7; LARGEST]));
        assert_eq!(uploads.room(), LARGEST_TOGETHER - LARGEST);
        uploads.take("two", "", None);
        assert_eq!(uploads.trouble, Some(Trouble::TooLargeTogether));
        let mut errors = Errors::default();
        uploads.check(Locale::en, &mut errors);
        assert!(errors.get(FIELD).is_some());
    }
}

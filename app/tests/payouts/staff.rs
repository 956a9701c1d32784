//! The people of a counting house: two owners, finance, an agent and an auditor.

use crate::counting_house::CountingHouse;
use app::base::actor::{Actor, Role, Staff};
use app::base::clock::Clock;
use app::base::context::Context;
use app::base::ids::PersonId;
use app::base::language::Locale;
use std::collections::HashMap;
use std::ops::Deref;

/// A counting house with its people.
pub struct Office {
    house: CountingHouse,
    people: HashMap<String, (PersonId, Role)>,
}

impl Deref for Office {
    type Target = CountingHouse;

    fn deref(&self) -> &CountingHouse {
        &self.house
    }
}

impl Office {
    pub async fn open(house: CountingHouse) -> Self {
        house
            .run(
                "INSERT INTO person (email, name, created_at)
                 SELECT lower(split_part(name, ' ', 1)) || '@example.com', name, '2010-01-01Z'
                 FROM unnest(ARRAY['Olivia Hart', 'Henrik Aas', 'Finn Fox', 'Tom Gale', 'Ada Stone']) name;
                 INSERT INTO staff (person_id, name, role, since)
                 SELECT person_id, name, CASE split_part(name, ' ', 1) WHEN 'Finn' THEN 'finance' WHEN 'Tom' THEN 'agent'
                                              WHEN 'Ada' THEN 'auditor' ELSE 'owner' END, created_at
                 FROM person WHERE email LIKE '%@example.com'",
            )
            .await;
        let rows: Vec<(i64, String, String)> =
            sqlx::query_as("SELECT person_id, name, role FROM staff").fetch_all(&house.pool).await.expect("people");
        let people = rows
            .into_iter()
            .map(|(person, name, role)| (name, (PersonId(person), Role::parse(&role).expect("role"))))
            .collect();
        Self { house, people }
    }

    fn as_staff(&self, name: &str) -> Context {
        let (person, role) = self.people[name];
        Context {
            actor: Actor::Staff(Staff { person, name: name.into(), role }),
            clock: Clock::Fixed(self.now),
            locale: Locale::en,
            time_zone: chrono_tz::UTC,
            db: self.db.clone(),
            secrets: self.secrets.clone(),
            mail: app::mail::home::MailHome::default(),
            request_id: "test".into(),
            path: "/".into(),
            client: String::new(),
            session_token: None,
            theme: String::new(),
        }
    }

    pub fn olivia(&self) -> Context {
        self.as_staff("Olivia Hart")
    }

    pub fn henrik(&self) -> Context {
        self.as_staff("Henrik Aas")
    }

    pub fn finn(&self) -> Context {
        self.as_staff("Finn Fox")
    }

    /// Finn, at another time.
    pub fn finn_at(&self, now: chrono::DateTime<chrono::Utc>) -> Context {
        Context { clock: Clock::Fixed(now), ..self.finn() }
    }

    /// An agent.
    pub fn tom(&self) -> Context {
        self.as_staff("Tom Gale")
    }

    /// An auditor.
    pub fn ada(&self) -> Context {
        self.as_staff("Ada Stone")
    }
}

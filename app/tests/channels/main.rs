//! The ways partners reach the desk and the desk reaches them: what was spoken, files, incidents, bulletins, complaints
//! elsewhere, cases that go to somebody else, practice. Ana and Bo are partners, Tomás is an agent, Marta an owner.
#![cfg(feature = "ssr")]

#[path = "../desk_house/mod.rs"]
mod desk_house;
mod incidents;
mod many;
mod others;
mod spoken;
mod uploads;

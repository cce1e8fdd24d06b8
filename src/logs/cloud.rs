//! Cloud Logging itself as the source: what to ask for, the connection, and the pull. The one place of the
//! library that reaches the network.
//!
//! A pull asks for every [window](merged) once, in pages of [`PAGE`] entries, and hands each page to a [`Sink`]; what is
//! kept, and where, is the sink's affair. What could not be had comes back as [`Gap`](super::Gap)s.
//!
//! Source: "Method: entries.list", "Method: entries.tail" and "Quotas and limits", Cloud Logging documentation.

mod scope;
mod windows;
mod json;
mod wire;
mod fault;
mod patience;
mod tempo;
mod client;
mod sink;
mod reading;
mod pull;
mod tail;

pub use client::{Client, ENDPOINT, Endpoint};
pub use fault::Fault;
pub use patience::Patience;
pub use pull::{Order, Outcome, PAGE, PullError, Tally, Wait, pull};
pub use scope::{Query, Scope, ScopeError};
pub use sink::{Sink, SinkError, Standing};
pub use tail::{Lost, Tailed, tail};
pub use windows::{NEAR, merged};

//! Finds out why an end-to-end run against Cloud Run failed.
//!
//! The data flows one way, and the order of the modules below is the architecture: a module may use
//! only those above it (`tests/integration/architecture.rs` holds that).
//!
//! ```text
//! results ──▶ window ──▶ logs ──▶ rules ──▶ findings ──▶ diagnosis ──▶ report ──▶ compare ──▶ issues
//!  read       around      pull     load      find         diagnose      render     from run    keep
//! ```
//!
//! [`saved`] stands beside the row: it keeps a pull on disk, redacted as a report is, for a later diagnosis.
//!
//! Invariants:
//!
//! 1. The library never prints, exits, or reads the environment or the clock.
//! 2. Text leaves the program only redacted ([`report::redact`]); log payloads are never traced.
//! 3. From findings to report there is no I/O; the same input gives the same bytes, whatever the thread count.
//! 4. Whatever is unreadable in a readable file comes back as data ([`results::Unread`], [`logs::Gap`]) and is shown.
//! 5. No template and no format may hide whether a why is observed or inferred.
//! 6. Domain types do not derive `Serialize`; the report does, and carries its schema version.
//! 7. Log text is hostile: it never becomes markup, a link, a mention, a terminal escape or a workflow command.

pub mod results;
pub mod window;
pub mod logs;
pub mod rules;
pub mod findings;
pub mod diagnosis;
pub mod scenarios;
pub mod report;
pub mod saved;
pub mod authoring;
pub mod compare;
pub mod issues;

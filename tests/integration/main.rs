//! The one integration test binary; a module per theme.

// A test that cannot go on says so by panicking, in its plain functions too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod actions;
mod architecture;
mod authoring;
mod bad_input;
mod cli;
mod cloud;
mod determinism;
mod configuration;
mod docs;
mod github;
mod compare;
mod logs;
mod program;
mod report;
mod results;
mod rules;
mod samples;
mod saved;

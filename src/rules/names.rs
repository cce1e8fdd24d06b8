//! The words of the rule format for classes, severities, states and joins.

use super::{Class, Join, Severity, Status};

impl Class {
    /// As it is written in a rule file.
    pub fn name(self) -> &'static str {
        match self {
            Class::Product => "product",
            Class::Test => "test",
            Class::Infrastructure => "infrastructure",
            Class::Config => "config",
            Class::Data => "data",
        }
    }
}

impl Severity {
    /// As it is written in a rule file.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
        }
    }
}

impl Status {
    /// As it is written in a rule file.
    pub fn name(self) -> &'static str {
        match self {
            Status::Experimental => "experimental",
            Status::Stable => "stable",
            Status::Deprecated => "deprecated",
        }
    }
}

impl Join {
    /// As it is written in a rule file.
    pub fn name(self) -> &'static str {
        match self {
            Join::Trace => "trace",
            Join::Request => "request",
            Join::Instance => "instance",
            Join::Revision => "revision",
            Join::Window => "window",
        }
    }
}

//! The program: a door that parses, runs and maps to an exit status.

fn main() {}

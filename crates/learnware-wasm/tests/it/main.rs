//! The module for browsers beside the same code on this machine.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests: a failed step is a failed test")]

mod parity;

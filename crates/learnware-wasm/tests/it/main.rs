//! The module for browsers beside the same code on this machine.

mod parity;

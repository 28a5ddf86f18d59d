//! The `chaffinch` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(chaffinch::cli::main())
}

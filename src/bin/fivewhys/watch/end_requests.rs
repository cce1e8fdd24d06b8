//! Requests to end, other than Ctrl-C: what a CI system sends where a run is cancelled. From the moment at which they are
//! listened to, Ctrl-C does not end the program by itself any more either.

#[cfg(unix)]
mod system {
    use std::io;

    use rustix::process::{Pid, kill_process};
    use tokio::process::Child;
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// As a shell says it: 128 and the number of SIGTERM.
    const ENDED: i32 = 143;

    /// Requests to end, from the moment at which this was made.
    pub struct EndRequests(Signal);

    impl EndRequests {
        pub fn new() -> io::Result<EndRequests> {
            // Listening once takes it from the system for good.
            drop(signal(SignalKind::interrupt())?);
            signal(SignalKind::terminate()).map(EndRequests)
        }

        pub async fn next(&mut self) {
            if self.0.recv().await.is_none() {
                std::future::pending().await
            }
        }

        /// A command that has ended meanwhile needs no telling.
        pub fn pass_on(child: &Child) {
            let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
            let _ = id.map(|id| kill_process(id, rustix::process::Signal::TERM));
        }

        /// Gives them their usual meaning again: whoever listened once has taken them from the system for good.
        pub async fn end_the_program(mut self) {
            self.next().await;
            std::process::exit(ENDED);
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    use tokio::process::Child;

    /// There are none; of Ctrl-C, Windows alone knows.
    pub struct EndRequests;

    impl EndRequests {
        pub fn new() -> io::Result<EndRequests> {
            #[cfg(windows)]
            drop(tokio::signal::windows::ctrl_c()?);
            Ok(EndRequests)
        }

        pub async fn next(&mut self) {
            std::future::pending().await
        }

        pub fn pass_on(_: &Child) {}

        pub async fn end_the_program(self) {}
    }
}

pub use system::EndRequests;

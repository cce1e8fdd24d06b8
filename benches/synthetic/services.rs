//! The services of the invented run: their revisions and instances, which change while it goes on.

use super::entry::{Instance, Micros};
use super::random::Random;

/// A part of the system under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Lets requests in; logs JSON to standard output.
    Gateway,
    /// Does the work; logs JSON and plain text to standard error.
    Backend,
    /// Issues tokens; logs plain text to standard error.
    Auth,
    /// Works through a queue; logs plain text to standard output.
    Worker,
}

/// All of them, the busier ones more than once.
pub const BY_TRAFFIC: [Role; 8] =
    [Role::Gateway, Role::Gateway, Role::Backend, Role::Backend, Role::Backend, Role::Auth, Role::Worker, Role::Backend];

impl Role {
    const ALL: [Role; 4] = [Role::Gateway, Role::Backend, Role::Auth, Role::Worker];

    fn service(self) -> &'static str {
        match self {
            Role::Gateway => "lumen-gateway-staging",
            Role::Backend => "lumen-backend-staging",
            Role::Auth => "lumen-auth-staging",
            Role::Worker => "lumen-worker-staging",
        }
    }

    /// How many instances serve at a time.
    fn instances(self) -> usize {
        match self {
            Role::Gateway | Role::Worker => 2,
            Role::Backend => 4,
            Role::Auth => 1,
        }
    }

    /// The last part of the name of the log it writes to.
    pub fn log(self) -> &'static str {
        match self {
            Role::Gateway | Role::Worker => "run.googleapis.com%2Fstdout",
            Role::Backend | Role::Auth => "run.googleapis.com%2Fstderr",
        }
    }
}

/// What happened to a service.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new revision took the traffic; its first instance.
    Deployed(Instance),
    /// An instance was replaced.
    Started(Instance),
}

/// Which instances serve now.
#[derive(Debug)]
pub struct Services {
    serving: Vec<Vec<Instance>>,
    revision_number: u32,
    next_start: Micros,
    next_deployment: Micros,
    step: Micros,
}

impl Services {
    /// The services at the start of a run of this length.
    pub fn new(start: Micros, length: Micros, random: &mut Random) -> Services {
        let serving = Role::ALL
            .iter()
            .map(|role| {
                let revision = revision(*role, 281, random);
                (0..role.instances()).map(|_| instance(*role, &revision, random)).collect()
            })
            .collect();
        let step = length / 24;
        Services { serving, revision_number: 281, next_start: start + step / 2, next_deployment: start + length / 3, step }
    }

    /// One of the instances of a service.
    pub fn instance(&self, role: Role, random: &mut Random) -> Instance {
        random.pick(&self.serving[role as usize]).clone()
    }

    /// What has changed until now: an instance is replaced about every 24th of the run, and each third of it
    /// brings a new revision of the backend.
    pub fn change(&mut self, now: Micros, random: &mut Random) -> Option<Change> {
        if now >= self.next_deployment {
            self.next_deployment += 8 * self.step;
            self.revision_number += 1;
            let revision = revision(Role::Backend, self.revision_number, random);
            let fresh: Vec<_> = (0..Role::Backend.instances()).map(|_| instance(Role::Backend, &revision, random)).collect();
            let first = fresh[0].clone();
            self.serving[Role::Backend as usize] = fresh;
            return Some(Change::Deployed(first));
        }
        if now >= self.next_start {
            self.next_start += self.step;
            let role = *random.pick(&Role::ALL);
            let place = random.below(role.instances() as u64) as usize;
            let old = &mut self.serving[role as usize][place];
            let revision = old.revision.clone();
            *old = instance(role, &revision, random);
            return Some(Change::Started(old.clone()));
        }
        None
    }
}

fn revision(role: Role, number: u32, random: &mut Random) -> String {
    format!("{}-{number:05}-{}", role.service(), random.hex(3))
}

fn instance(role: Role, revision: &str, random: &mut Random) -> Instance {
    Instance { service: role.service(), revision: revision.to_owned(), id: format!("00{}", random.hex(158)) }
}

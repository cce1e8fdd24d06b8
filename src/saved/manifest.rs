//! What a saved folder says about itself: `manifest.json`, schema `fivewhys/manifest/v1`.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Keeping, Secrets, disk};
use crate::logs::Gap;

/// The schema of this version.
pub const SCHEMA: &str = "fivewhys/manifest/v1";

/// Name of the manifest in its folder.
pub(super) const FILE: &str = "manifest.json";

/// What was asked of Cloud Logging, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Project ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub projects: Vec<String>,
    /// Cloud Run services.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Locations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// Revisions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// Cloud Run jobs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<String>,
    /// Kinds of logs: `stdout`, `requests`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
    /// Resource names of log views or buckets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<String>,
    /// The user's own filter in the Logging query language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The merged windows, half-open, in order of time, without overlap.
    #[serde(with = "windows")]
    pub windows: Vec<(Timestamp, Timestamp)>,
    /// What people call the sources in a report, such as `Cloud Logging of projects/p`; not part of the question.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The command that diagnoses the same selection again; not part of the question.
    pub reproduce: String,
    /// When it was asked; not part of the question.
    #[serde(with = "moment")]
    pub at: Timestamp,
}

impl Asked {
    /// What differs from another question, one phrase a field.
    pub fn differences(&self, other: &Asked) -> Vec<String> {
        let lists = [
            ("project", &self.projects, &other.projects),
            ("service", &self.services, &other.services),
            ("location", &self.locations, &other.locations),
            ("revision", &self.revisions, &other.revisions),
            ("job", &self.jobs, &other.jobs),
            ("log", &self.logs, &other.logs),
            ("view", &self.views, &other.views),
        ];
        let named = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
        let mut differences = Vec::new();
        for (name, own, others) in lists {
            if own != others {
                differences.push(format!("{name} was {}, now {}", named(own), named(others)));
            }
        }
        if self.filter != other.filter {
            let named = |filter: &Option<String>| filter.clone().unwrap_or_else(|| "none".to_owned());
            differences.push(format!("filter was {}, now {}", named(&self.filter), named(&other.filter)));
        }
        if self.windows != other.windows {
            differences.push(format!("the windows were {}, now {}", spans(&self.windows), spans(&other.windows)));
        }
        differences
    }
}

fn spans(windows: &[(Timestamp, Timestamp)]) -> String {
    match windows {
        [] => "none".to_owned(),
        [(start, end)] => format!("{start}/{end}"),
        [(start, _), .., (_, end)] => format!("{} between {start} and {end}", windows.len()),
    }
}

/// Whether the folder is in its final form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Being filled, or interrupted.
    UnderWay,
    /// In its final form.
    Finished,
}

/// What a window's file amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing was had.
    Missing,
    /// Some of it was had.
    Partial,
    /// All of it was had.
    Complete,
}

/// What the finished log files are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileForm {
    /// Parquet, compressed with zstd.
    #[default]
    Parquet,
    /// One JSON entry a line.
    Ndjson,
}

impl FileForm {
    fn name(self) -> &'static str {
        match self {
            FileForm::Parquet => "parquet",
            FileForm::Ndjson => "ndjson",
        }
    }
}

/// What became of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secrecy {
    /// Tokens stand in their place.
    Masked,
    /// They are there.
    Kept,
}

/// A merged window and its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedWindow {
    /// First moment inside.
    #[serde(with = "moment")]
    pub start: Timestamp,
    /// First moment after it.
    #[serde(with = "moment")]
    pub end: Timestamp,
    /// What was had of it.
    pub state: State,
    /// The file with its entries, relative to the folder; it need not exist where the state is missing.
    pub file: String,
    /// How many entries were had; counted when the window is complete or the folder finished.
    pub entries: u64,
    /// How many requests it took.
    pub requests: u64,
    /// What could not be had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<SavedGap>,
}

/// A copy of a results file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedResult {
    /// The copy, relative to the folder.
    pub file: String,
    /// How the original was named.
    pub given: String,
}

/// A [`Gap`] as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedGap {
    /// A stable word for it.
    pub kind: String,
    /// One sentence.
    pub statement: String,
}

impl From<Gap> for SavedGap {
    fn from(gap: Gap) -> SavedGap {
        SavedGap { kind: gap.kind.to_owned(), statement: gap.statement }
    }
}

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `fivewhys/manifest/v1`.
    pub schema: String,
    /// Program and version that wrote it.
    pub written_by: String,
    /// Whether the folder is in its final form.
    pub stage: Stage,
    /// What was asked.
    pub asked: Asked,
    /// What the finished log files are.
    pub form: FileForm,
    /// What became of secrets.
    pub secrets: Secrecy,
    /// The windows, in the order of [`Asked::windows`].
    pub windows: Vec<SavedWindow>,
    /// The copies of the test results.
    pub results: Vec<SavedResult>,
    /// What could not be had beyond single windows.
    pub gaps: Vec<SavedGap>,
    /// What was taken out of entries and results; counted when the folder is finished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redactions: Vec<SavedRedaction>,
}

/// Secrets of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedRedaction {
    /// As it stands in their tokens.
    pub kind: String,
    /// How many tokens there are.
    pub count: usize,
    /// How many different secrets they stand for.
    pub distinct: usize,
}

impl Manifest {
    pub(super) fn begun(asked: &Asked, keeping: &Keeping) -> Manifest {
        let windows = asked.windows.iter().enumerate().map(|(window, (start, end))| SavedWindow {
            start: *start,
            end: *end,
            state: State::Missing,
            file: journal_name(window),
            entries: 0,
            requests: 0,
            gaps: Vec::new(),
        });
        Manifest {
            schema: SCHEMA.to_owned(),
            written_by: concat!("fivewhys ", env!("CARGO_PKG_VERSION")).to_owned(),
            stage: Stage::UnderWay,
            asked: asked.clone(),
            form: keeping.form,
            secrets: secrecy(&keeping.secrets),
            windows: windows.collect(),
            results: Vec::new(),
            gaps: Vec::new(),
            redactions: Vec::new(),
        }
    }

    /// The manifest of a folder; `None` where there is none.
    pub(super) fn read(folder: &Path) -> Result<Option<Manifest>, Error> {
        let path = folder.join(FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let text = disk::read(&path)?;
        // Other programs call their files so too.
        let schema = serde_json::from_slice::<Schema>(&text).map(|found| found.schema).unwrap_or_default();
        if !schema.starts_with("fivewhys/manifest/") {
            return Ok(None);
        }
        let wrong = |reason: String| Error::Manifest { path: path.display().to_string(), reason };
        if schema != SCHEMA {
            return Err(wrong(format!("written in the schema {schema}, this version reads {SCHEMA}; use the newer fivewhys")));
        }
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|error| wrong(format!("damaged ({error}); pull again into a new folder")))?;
        if manifest.windows.iter().any(|window| !is_inside(&window.file))
            || manifest.results.iter().any(|result| !is_inside(&result.file))
        {
            return Err(wrong("names files outside its folder; pull again into a new folder".to_owned()));
        }
        Ok(Some(manifest))
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::Manifest { path: path.display().to_string(), reason: error.to_string() })?;
        text.push(b'\n');
        disk::write_whole(&path, &text)
    }

    /// What differs between what was begun and what is asked now.
    pub(super) fn differences(&self, asked: &Asked, keeping: &Keeping) -> Vec<String> {
        let mut differences = self.asked.differences(asked);
        if self.form != keeping.form {
            differences.push(format!("it was begun as {}, now {}", self.form.name(), keeping.form.name()));
        }
        if self.secrets != secrecy(&keeping.secrets) {
            let was = if self.secrets == Secrecy::Kept { "with" } else { "without" };
            differences.push(format!("it was begun {was} --keep-secrets"));
        }
        differences
    }

    /// The file of a window in its final form, relative to the folder.
    pub(super) fn final_name(&self, window: usize) -> String {
        let ending = match self.form {
            FileForm::Parquet => "parquet",
            FileForm::Ndjson => "ndjson",
        };
        format!("logs/window-{:03}.{ending}", window + 1)
    }

    /// A name under `results/` that no other file has.
    pub(super) fn free_result_name(&self, file: &Path) -> String {
        let name = file.file_name().unwrap_or_default().to_string_lossy().trim_start_matches('.').to_owned();
        let taken = |name: &str| self.results.iter().any(|result| result.file == name);
        let first = format!("results/{name}");
        let numbered = (2..).map(|number| format!("results/{number}-{name}"));
        std::iter::once(first).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }
}

/// Whether a path stays in the folder it is relative to: a folder may come from somebody else.
fn is_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

#[derive(Deserialize)]
struct Schema {
    schema: String,
}

/// The file of a window under way, relative to the folder.
pub(super) fn journal_name(window: usize) -> String {
    format!("logs/window-{:03}.part.ndjson", window + 1)
}

fn secrecy(secrets: &Secrets) -> Secrecy {
    match secrets {
        Secrets::Kept => Secrecy::Kept,
        Secrets::Masked(_) => Secrecy::Masked,
    }
}

/// A moment as RFC 3339.
mod moment {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Intervals as pairs of RFC 3339 moments.
mod windows {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(windows: &[(Timestamp, Timestamp)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(windows.iter().map(|(start, end)| format!("{start}/{end}")))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Timestamp, Timestamp)>, D::Error> {
        let read = |text: &String| {
            let (start, end) = text.split_once('/')?;
            Some((start.parse().ok()?, end.parse().ok()?))
        };
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| read(text).ok_or_else(|| D::Error::custom(format!("{text} is no window FROM/TO")))).collect()
    }
}
